import { afterAll, beforeAll, expect, test } from 'vitest'
import { closePools, setLimits, countTenantRequest } from '@rowhouse/tenancy'
import { buildWorld, leaveWorld, through, type World } from '#db/isolation/testing/world'
import { metrics } from '#db/metrics'
import { tenancy } from '#db/tenancy'

let world: World
beforeAll(async () => void (world = await buildWorld(['shared'], 3)))
afterAll(async () => {
  await leaveWorld(world)
  await closePools(tenancy())
})

test('metrics are whole lines of numbers and name no tenant', async () => {
  const [{ id, owner }] = world.shared
  await setLimits(
    tenancy(),
    { tenantId: id, actor: 'test', reason: 'test' },
    { requestsPerMinute: 5 },
  )
  await through(owner, 'select 1')
  for (let i = 0; i < 5; i++) await countTenantRequest(tenancy(), id, 5)
  await expect(countTenantRequest(tenancy(), id, 5)).rejects.toMatchObject({ code: 'too_busy' })
  const text = metrics()
  expect(text).toMatch(/^rowhouse_transactions_total \d+$/m)
  expect(text).toMatch(/^rowhouse_limits_hit_total\{limit="requests a minute"\} 1$/m)
  expect(text).not.toContain(id)
  for (const line of text.split('\n').filter((one) => one && !one.startsWith('#')))
    expect(line).toMatch(/^[a-z_]+(\{[a-z]+="[^"]+"\})? [\d.e+-]+$/)
})
