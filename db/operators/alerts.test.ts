import { afterAll, expect, test } from 'vitest'
import { closePools } from '@rowhouse/tenancy'
import { tasks } from '@rowhouse/tenancy/schema'
import { readAlerts } from '#db/operators/alerts'
import { platform, tenancy } from '#db/tenancy'

afterAll(() => closePools(tenancy()))

const hasAlert = async () =>
  (await readAlerts()).alerts.some(({ what }) => what === 'No worker is running')

test('a missing worker is an alert until one reports', async () => {
  expect(await hasAlert()).toBe(true)
  const report = (reportedAt: Date) =>
    platform()
      .insert(tasks)
      .values({ name: 'any', everyMs: 1000, worker: 'test', reportedAt })
      .onConflictDoUpdate({ target: tasks.name, set: { reportedAt } })
  await report(new Date())
  expect(await hasAlert()).toBe(false)
  await report(new Date(Date.now() - 600_000))
  expect(await hasAlert()).toBe(true)
})
