import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { TooBusy } from '#tenancy/base/errors'
import { TenantQueues } from '#tenancy/admission/tenant-queues'

test('a tenant never has more slots than its limit, and is served in order of arrival', async () => {
  const queues = new TenantQueues()
  let [inside, most] = [0, 0]
  const served: number[] = []
  await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const leave = await queues.enter('acme', 3)
      most = Math.max(most, ++inside)
      served.push(i)
      await sleep(1)
      inside--
      leave()
      leave() // leaving twice frees one slot
    }),
  )
  expect(most).toBe(3)
  expect(served).toEqual(Array.from({ length: 30 }, (_, i) => i))
  expect(queues.waiting).toBe(0)
})

test('a tenant at its limit does not delay other tenants', async () => {
  const queues = new TenantQueues()
  const leave = await queues.enter('noisy', 1)
  const stuck = queues.enter('noisy', 1)
  const other = await Promise.race([queues.enter('quiet', 1), sleep(50)])
  expect(other).toBeTypeOf('function')
  leave()
  expect(await stuck).toBeTypeOf('function')
})

test('a caller is refused when the queue is full or the wait too long, with the seconds to wait', async () => {
  const queues = new TenantQueues(30, 2)
  const leave = await queues.enter('acme', 1)
  const waiting = [queues.enter('acme', 1), queues.enter('acme', 1)]
  await expect(queues.enter('acme', 1)).rejects.toMatchObject({
    code: 'too_busy',
    limit: 'concurrent_transactions',
    max: 1,
    retryAfterSeconds: 1,
  })
  for (const one of waiting) await expect(one).rejects.toBeInstanceOf(TooBusy)
  leave()
  expect(await queues.enter('acme', 1)).toBeTypeOf('function')
})
