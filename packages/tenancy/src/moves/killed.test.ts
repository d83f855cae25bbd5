import { afterAll, expect, test } from 'vitest'
import { runFleet } from '#db/fleet/run'
import { addColumn, withMore } from '#db/fleet/testing/histories'
import type { Inhabitant } from '#db/isolation/testing/world'
import type { Moment } from '#db/move/moments'
import { requestMove } from '#db/move/request'
import { struckMove } from '#db/move/testing/killing'
import { reached, WorkerProcess } from '#db/move/testing/worker'
import { leave, settleIn } from '#db/move/testing/world'
import { closePools } from '#db/pools'
import { placementOf } from '#db/registry'

// The short form; `npm run test:faults` kills at every moment of every direction, and servers as
// well.
const made: Inhabitant[] = []
afterAll(async () => {
  await leave(made)
  await closePools()
})

const cases: [Moment, 'schema' | 'database'][] = [
  ['in the switch', 'schema'],
  ['source fenced', 'database'],
]

test.each(cases)(
  'a worker that dies at: %s, on the way to a %s, is followed by another, and the tenant loses nothing',
  { timeout: 90_000 },
  async (moment, to) => {
    const tenant = await settleIn('shared', 'killed', 20)
    made.push(tenant)
    const { verdict, ledger, move } = await struckMove(
      tenant,
      () => requestMove({ tenantId: tenant.id, to, actor: 'test', reason: 'test' }),
      moment,
      'kill',
    )
    expect(verdict).toEqual({ lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] })
    expect(ledger.doubts).toBe(0)
    expect(move.state).toBe('cleaned')
  },
)

test(
  'a fleet run waits for a move that is under way and names it; the tenant is migrated where it has come to',
  { timeout: 90_000 },
  async () => {
    const tenant = await settleIn('shared', 'meeting', 5)
    made.push(tenant)
    const worker = new WorkerProcess({ how: 'stop', moment: 'in a chunk' })
    try {
      const move = await requestMove({
        tenantId: tenant.id,
        to: 'schema',
        actor: 'test',
        reason: 'test',
      })
      await worker.struck('in a chunk')
      const histories = await withMore(addColumn('ripe_at'))
      const waited: string[] = []
      const onProgress = ({ waiting }: { waiting: string | null }) => {
        if (waiting !== null && waited.push(waiting) === 1) worker.wake()
      }
      const result = await runFleet({ histories, tries: 10, onProgress })
      expect(waited[0]).toMatch(
        new RegExp(`^shared: it is held by rowhouse move of ${tenant.slug} \\(process \\d+\\)`),
      )
      expect(result).toMatchObject({ state: 'done', left: 0 })
      await reached(move, ['switched'], worker)
      expect(await runFleet({ histories })).toMatchObject({ state: 'done', left: 0 })
      expect(await placementOf(tenant.id)).toMatchObject({ kind: 'schema' })
    } finally {
      await worker.end('SIGKILL')
    }
  },
)
