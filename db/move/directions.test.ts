import { afterAll, describe, expect, test } from 'vitest'
import { judge } from '#db/bench/judge'
import { Writer } from '#db/bench/writer'
import { examineFleet } from '#db/doctor/doctor'
import type { Inhabitant } from '#db/isolation/world'
import { driven, fingerprint, leave, mainAdmin, places, remains, requestTo, settleIn, tierOf } from '#db/move/testing/world'
import { requestConfirm, requestMove, requestRollback } from '#db/move/request'
import { closePools } from '#db/pools'
import { placementOf } from '#db/registry'

const made: Inhabitant[] = []
afterAll(async () => {
  await leave(made)
  await closePools()
})

const directions = places.flatMap((from) => places.filter((to) => to !== from).map((to) => [from, to] as const))
const nothing = { lost: 0, doubled: 0, misplaced: 0, resurrected: 0, examples: [] }

describe.each(directions)('from %s to %s', (from, to) => {
  test('a tenant that writes loses nothing, there and back and there for good', { timeout: 60_000 }, async () => {
    const tenant = await settleIn(from, `${from}-${to}`, 60)
    made.push(tenant)
    const neighbour = await settleIn('shared', 'neighbour', 20)
    made.push(neighbour)
    const untouched = await fingerprint(neighbour.id)
    const writer = new Writer(tenant.owner, 200)
    await writer.start(3)

    const there = await driven(await requestMove(await requestTo(to, tenant.id)))
    expect(there).toMatchObject({ state: 'switched', error: null })
    expect(await placementOf(tenant.id)).toMatchObject({ kind: to === 'elsewhere' ? 'database' : to, epoch: there.source.epoch + 1 })
    const back = await driven(await requestRollback(tenant.id, tenant.slug, 'test', 'test'))
    expect(back).toMatchObject({ state: 'cleaned', error: null })
    expect(await tierOf(tenant.id)).toBe(there.tierFrom)
    await driven(await requestMove(await requestTo(to, tenant.id)))
    const ledger = await writer.stop()
    const final = await fingerprint(tenant.id)
    const done = await driven(await requestConfirm(tenant.id, tenant.slug, 'test'))

    expect(done).toMatchObject({ state: 'cleaned', error: null })
    expect(ledger.transactions).toBeGreaterThan(20)
    expect(ledger).toMatchObject({ refusals: 0, doubts: 0 })
    expect(await judge(tenant.id, ledger)).toEqual(nothing)
    expect(await fingerprint(tenant.id)).toEqual(final)
    expect(await fingerprint(neighbour.id)).toEqual(untouched)
    if (to !== 'shared') expect(await remains(mainAdmin(), 'shared', tenant.id)).toBe(0)
  })
})

test('afterwards every invariant holds', async () => {
  expect((await examineFleet()).findings).toEqual([])
})
