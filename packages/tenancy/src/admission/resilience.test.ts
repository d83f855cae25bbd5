import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connected, databaseOf } from '#db/connect'
import { withTenant } from '#db/door'
import { env } from '#db/env'
import { newId } from '#db/id'
import { buildWorld, leaveWorld, through, type World } from '#db/isolation/testing/world'
import { setLimits } from '#db/limits/limits'
import { metrics } from '#db/metrics'
import { closePools } from '#db/pools'
import { spend } from '#db/limits/request-rate'

let world: World
beforeAll(async () => void (world = await buildWorld(['shared'], 3)))
afterAll(async () => {
  await leaveWorld(world)
  await closePools()
})

test('all connections ended again and again under load: no foreign row, no acknowledged write lost or doubled, and it works again by itself', async () => {
  const acknowledged = new Map<string, string[]>(world.shared.map(({ id }) => [id, []]))
  let on = true
  const working = world.shared.flatMap((tenant) =>
    [0, 1].map(async () => {
      for (; on; await sleep(2)) {
        const id = newId()
        const seen = await withTenant(tenant.owner, async (tx) => {
          const { rows } = await tx.execute<{ subject: string }>(
            sql`select subject from activity where tenant_id = ${tenant.id} and actor = ${tenant.mark} limit 5`,
          )
          await tx.execute(
            sql`insert into activity (tenant_id, id, actor, deed, subject) values (${tenant.id}, ${id}, 'fault', 'order.created', ${id})`,
          )
          return rows.map(({ subject }) => subject)
        }).catch(() => undefined)
        if (!seen) continue
        acknowledged.get(tenant.id)?.push(id)
        for (const subject of seen) expect(subject).toContain(tenant.mark)
      }
    }),
  )
  const url = env().DATABASE_URL ?? ''
  for (let i = 0; i < 10; i++) {
    await sleep(100)
    await connected(url, (admin) =>
      admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
        [databaseOf(url)],
      ),
    )
  }
  on = false
  await Promise.all(working)
  for (const { id, owner } of world.shared) {
    const there = (await through(owner, `select id from activity where actor = 'fault'`)).map(
      (row) => row.id,
    )
    expect(new Set(there).size).toBe(there.length)
    expect(acknowledged.get(id)?.filter((one) => !there.includes(one))).toEqual([])
    expect(acknowledged.get(id)?.length).toBeGreaterThan(0)
  }
})

test('requests over the minute are turned away with the seconds to wait, and a neighbour is not', async () => {
  const [noisy, quiet] = world.shared
  for (let i = 0; i < 5; i++) await spend(noisy.id, 5)
  await expect(spend(noisy.id, 5)).rejects.toMatchObject({
    status: 429,
    limit: 5,
    retryAfterSeconds: expect.any(Number) as number,
  })
  await expect(spend(quiet.id, 5)).resolves.toBeUndefined()
})

test('metrics are whole lines of numbers and name no tenant', async () => {
  await setLimits(
    { tenantId: world.shared[0].id, actor: 'test', reason: 'test' },
    { concurrent: 1 },
  )
  const text = metrics()
  expect(text).toMatch(/^rowhouse_transactions_total \d+$/m)
  expect(text).toMatch(/^rowhouse_limits_hit_total\{limit="requests a minute"\} 1$/m)
  expect(text).not.toContain(world.shared[0].id)
  for (const line of text.split('\n').filter((one) => one && !one.startsWith('#')))
    expect(line).toMatch(/^[a-z_]+(\{[a-z]+="[^"]+"\})? [\d.e+-]+$/)
})
