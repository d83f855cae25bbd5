import { eq } from 'drizzle-orm'
import { afterAll, expect, test, vi } from 'vitest'
import { log } from '#db/log'
import { measureTenants } from '#db/operators/tenant-sizes'
import { newId, privateName, closePools, encrypt } from '@rowhouse/tenancy'
import { createTestTenant } from '#db/isolation/testing/test-tenants'
import { platform, tenancy } from '#db/tenancy'
import { tenantSizes } from '#db/schema/console'
import { placements, servers, tenants } from '@rowhouse/tenancy/schema'

afterAll(() => closePools(tenancy()))

test('many tenants on an unreachable server do not prevent others from being measured', async () => {
  const { id } = await createTestTenant('shared', 'here', 7)
  await platform()
    .insert(tenantSizes)
    .values({ tenantId: id, orders: 0, bytes: 0, measuredAt: new Date(Date.now() - 3_600_000) })
  const serverId = newId()
  await platform()
    .insert(servers)
    .values({
      id: serverId,
      name: 'away',
      host: '127.0.0.1',
      port: 1,
      migratorSecret: encrypt(tenancy(), 'x', `server ${serverId} migrator`),
      workerSecret: encrypt(tenancy(), 'x', `server ${serverId} worker`),
    })
  const away = Array.from({ length: 200 }, () => newId())
  await platform()
    .insert(tenants)
    .values(
      away.map((tenantId, i) => ({
        id: tenantId,
        slug: `away-${i}`,
        name: `Away ${i}`,
        tier: 'enterprise' as const,
      })),
    )
  await platform()
    .insert(placements)
    .values(
      away.map((tenantId) => {
        const name = privateName(tenantId)
        return {
          tenantId,
          kind: 'database' as const,
          serverId,
          database: name,
          schema: name,
          login: name,
          secret: encrypt(tenancy(), 'x', `placement ${tenantId}`),
        }
      }),
    )
  await platform().execute(`insert into tenancy.usage (tenant_id, hour) values ('${id}', now())`)
  const logged = vi.spyOn(log(), 'warn').mockImplementation(() => {})
  const orders = async () =>
    (await platform().select().from(tenantSizes).where(eq(tenantSizes.tenantId, id)))[0]?.orders
  for (let round = 0; round < 5 && (await orders()) === 0; round++)
    await measureTenants(new AbortController().signal)
  expect(logged).toHaveBeenCalledWith(
    expect.objectContaining({ err: expect.any(Error) as unknown }),
    'tenant size could not be measured',
  )
  logged.mockRestore()
  expect(await orders()).toBe(7)
})
