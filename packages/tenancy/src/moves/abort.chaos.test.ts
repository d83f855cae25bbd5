import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { judge } from '#db/bench/judge'
import { Writer } from '#db/bench/writer'
import { examineFleet } from '#db/doctor/doctor'
import type { Inhabitant } from '#db/isolation/testing/world'
import type { Move } from '#db/move/ledger'
import type { Moment } from '#db/move/moments'
import { requestAbort, requestMove } from '#db/move/request'
import { momentsOf } from '#db/move/testing/killing'
import { directions, leave, leftAt, requestTo, settleIn } from '#db/move/testing/world'
import { reached, WorkerProcess } from '#db/move/testing/worker'
import { closePools } from '#db/pools'
import { placementOf } from '#db/registry'

// A move that stands at any moment before its switch is given up, and the worker that takes it back
// is killed as well.
const made: Inhabitant[] = []
afterAll(async () => {
  await leave(made)
  await closePools()
})

/** Where giving up is in time. */
function inTime(moment: Moment, all: Moment[]): boolean {
  const end = all.findIndex((one) => one === 'target opened' || one === 'switched')
  return all.indexOf(moment) < end
}

async function givenUp(
  tenant: Inhabitant,
  ask: () => Promise<Move>,
  moment: Moment,
): Promise<Move> {
  const first = new WorkerProcess({ how: 'kill', moment })
  const others: WorkerProcess[] = []
  try {
    const move = await ask()
    await first.struck(moment)
    await requestAbort(tenant.id, tenant.slug, 'test')
    const second = new WorkerProcess({ how: 'kill', moment: 'in the clean-up' })
    others.push(second)
    // at first there is nothing to clean up yet
    await Promise.any([second.struck('in the clean-up'), reached(move, ['aborted'], second)])
    const third = new WorkerProcess()
    others.push(third)
    return await reached(move, ['aborted'], third)
  } finally {
    for (const worker of [first, ...others]) await worker.end('SIGKILL')
  }
}

describe.each(directions)('from %s to %s', (from, to) => {
  let tenant: Inhabitant
  beforeAll(
    async () => void made.push((tenant = await settleIn(from, `${from}-${to}`, 40))),
    60_000,
  )

  test.each(momentsOf(from, to).filter((moment, _, all) => inTime(moment, all)))(
    'given up by a worker that dies in its turn, at: %s',
    async (moment) => {
      const home = await placementOf(tenant.id)
      const request = await requestTo(to, tenant.id)
      const writer = new Writer(tenant.owner, 120)
      await writer.start(3)
      const move = await givenUp(tenant, () => requestMove(request), moment)
      const { transactions } = writer.ledger
      await sleep(500)
      const ledger = await writer.stop()
      expect(ledger.transactions).toBeGreaterThan(transactions)
      expect(ledger.doubts).toBe(0)
      expect(await judge(tenant.id, ledger)).toEqual({
        lost: 0,
        doubled: 0,
        resurrected: 0,
        examples: [],
      })
      const { kind, server, database, schema } = await placementOf(tenant.id)
      expect({ kind, server, database, schema }).toEqual({
        kind: home.kind,
        server: home.server,
        database: home.database,
        schema: home.schema,
      })
      expect(await leftAt(move.target, tenant.id)).toBe(0)
    },
  )
})

test('afterwards every invariant holds', async () => {
  expect((await examineFleet()).findings).toEqual([])
})
