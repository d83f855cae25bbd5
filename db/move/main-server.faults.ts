import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { judge } from '#db/bench/judge'
import { Writer } from '#db/bench/writer'
import { inDatabase } from '#db/connect'
import { inhabitant } from '#db/isolation/world'
import { moments, type Moment } from '#db/move/moments'
import { requestMove } from '#db/move/request'
import { MortalServer } from '#db/move/testing/server'
import { reached, WorkerProcess } from '#db/move/testing/worker'
import { closePools } from '#db/pools'
import { setup } from '#db/setup'

// The main database's server is killed under worker and app: what was acknowledged is there, what was in doubt is whole or not at all.
const main = new MortalServer('faults')
beforeAll(async () => {
  await main.start()
  const url = inDatabase(main.adminUrl, 'rowhouse')
  Object.assign(process.env, { DATABASE_URL: url, PLATFORM_DATABASE_URL: '', TENANT_DATABASE_URL: '', WORKER_DATABASE_URL: '', MIGRATOR_DATABASE_URL: '' })
  await setup({ adminUrl: url })
}, 120_000)
afterAll(async () => {
  await closePools()
  await main.stop()
})

const named = Object.keys(moments).filter((moment) => !['begun', 'in the clean-up', 'source away'].includes(moment)) as Moment[]
const cases = named.flatMap((moment) => (['schema', 'database'] as const).filter((to) => moments[moment] === 'any' || (moments[moment] === 'here') === (to === 'schema')).map((to) => [moment, to] as const))

describe('the main server is killed and comes back', () => {
  test.each(cases)('at: %s, on the way to a %s', async (moment, to) => {
    const tenant = await inhabitant('shared', 'main', 20)
    const writer = new Writer(tenant.owner, 100)
    await writer.start(3)
    const worker = new WorkerProcess({ how: 'stop', moment })
    let second: WorkerProcess | undefined
    try {
      const asked = await requestMove({ tenantId: tenant.id, to, actor: 'test', reason: 'test' })
      await worker.struck(moment)
      const dying = main.die()
      worker.wake()
      await dying
      await sleep(1000)
      // a worker that has lost its queue may end; somebody starts it again
      if (worker.child.exitCode !== null) second = new WorkerProcess()
      await reached(asked, ['switched'], second ?? worker, 90_000)
      await sleep(500)
      const verdict = await judge(tenant.id, await writer.stop())
      expect(verdict).toEqual({ lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] })
    } finally {
      await writer.stop()
      await worker.end('SIGKILL')
      await second?.end('SIGKILL')
    }
  })
})
