import { afterAll, expect, test } from 'vitest'
import { holdOpen } from '#db/bench/writer'
import type { Inhabitant } from '#db/isolation/testing/world'
import { watchMoves } from '#db/jobs/moves'
import { readMove } from '#db/move/ledger'
import { requestMove } from '#db/move/request'
import { reached } from '#db/move/testing/worker'
import { driven, leave, settleIn } from '#db/move/testing/world'
import { closePools } from '#db/pools'
import type { PlacementKind } from '#db/schema/platform'

const made: Inhabitant[] = []
afterAll(async () => {
  await leave(made)
  await closePools()
})

test(
  'a move that was left at the switch does not wait for others to end',
  { timeout: 60_000 },
  async () => {
    const [a, b, left] = [
      await settleIn('schema', 'a', 3),
      await settleIn('schema', 'b', 3),
      await settleIn('shared', 'left', 3),
    ]
    made.push(a, b, left)
    const ask = ({ id: tenantId }: Inhabitant, to: PlacementKind) =>
      requestMove({ tenantId, to, actor: 'test', reason: 'test' })
    const older = [await ask(a, 'shared'), await ask(b, 'shared')]
    const move = await driven(await ask(left, 'schema'), 'verified')
    const open = Promise.all([a, b].map(({ owner }) => holdOpen(owner, 6000)))
    const stop = new AbortController()
    const watching = watchMoves(stop.signal)
    await reached(move, ['switched'])
    for (const { id } of older)
      expect(['requested', 'provisioned']).toContain((await readMove(id)).state)
    await open
    stop.abort()
    await watching
  },
)
