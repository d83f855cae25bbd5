import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { judge, type Verdict } from '#db/bench/judge'
import { Writer } from '#db/bench/writer'
import { inhabitant, type Inhabitant } from '#db/isolation/world'
import type { Moment } from '#db/move/moments'
import { requestMove } from '#db/move/request'
import { momentsOf } from '#db/move/testing/killing'
import { MortalServer, Wire } from '#db/move/testing/server'
import { leave } from '#db/move/testing/world'
import { reached, WorkerProcess } from '#db/move/testing/worker'
import { closePools } from '#db/pools'

const target = new MortalServer('faults2')
let wire: Wire
let throughWire: string
const made: Inhabitant[] = []
beforeAll(async () => {
  await target.start()
  wire = new Wire(target.adminUrl)
  throughWire = await wire.open(target.adminUrl)
}, 60_000)
afterAll(async () => {
  await leave(made)
  await closePools()
  await wire.close()
  await target.stop()
}, 60_000)

const moments = momentsOf('shared', 'elsewhere').filter((moment) => !['begun', 'in the clean-up', 'source away'].includes(moment))
const nothing = { lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] }

/** The mover stands still at a moment while something happens to the target's server. */
async function move(moment: Moment, databaseUrl: string, happens: () => Promise<void>): Promise<Verdict> {
  const tenant = await inhabitant('shared', 'server', 20)
  made.push(tenant)
  const writer = new Writer(tenant.owner, 100)
  await writer.start(3)
  const worker = new WorkerProcess({ how: 'stop', moment })
  try {
    const asked = await requestMove({ tenantId: tenant.id, to: 'database', databaseUrl, actor: 'test', reason: 'test' })
    await worker.struck(moment)
    const happening = happens()
    worker.wake()
    await happening
    await reached(asked, ['switched'], worker)
    await sleep(500)
    return await judge(tenant.id, await writer.stop())
  } finally {
    await writer.stop()
    await worker.end('SIGKILL')
  }
}

describe('the target’s server is killed and comes back', () => {
  test.each(moments)('at: %s', async (moment) => {
    expect(await move(moment, target.adminUrl, () => target.die())).toEqual(nothing)
  })
})

describe('the network to the target is cut for ten seconds', () => {
  test.each(moments.filter((moment) => ['in a chunk', 'in a pass', 'drained', 'source fenced', 'target opened'].includes(moment)))('at: %s', async (moment) => {
    const cut = async () => {
      wire.cut()
      await sleep(10_000)
      wire.mend()
    }
    expect(await move(moment, throughWire, cut)).toEqual(nothing)
  })
})
