import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { addColumn, withMore } from '#tenancy/testing/migrations/histories'
import { makeFleet } from '#tenancy/testing/migrations/make-fleet'
import { startRunner } from '#tenancy/testing/migrations/runners'
import { query } from '#tenancy/testing/migrations/tenant-rows'
import { verifyFleet } from '#tenancy/migrations/verify'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

/**
 * Tests on a fleet of `size` tenants: runners that are killed after at most `withinMs` of work, and
 * concurrent runners.
 */
export function killingTests({
  size,
  kills,
  withinMs,
  runners,
}: {
  size: number
  kills: number
  withinMs: number
  runners: number
}): void {
  const texts: string[] = []

  beforeAll(async () => {
    await makeFleet(tenancy(), process.env.DATABASE_URL ?? '', size)
  }, 900_000)

  it(`after kill -9 at ${kills} random times, each target has reached the right version, once`, async () => {
    const seen: number[] = []
    for (let at = 0; at < kills; at++) {
      texts.push(next(at))
      const runner = startRunner(texts)
      await runner.started
      await sleep(Math.random() * withinMs)
      runner.process.kill('SIGKILL')
      await runner.ended
      seen.push((await timesApplied()).reduce((sum, { targets }) => sum + targets, 0))
    }
    const last = await startRunner(texts).ended
    expect(last).toMatchObject({ code: 0, err: '' })
    expect(await timesApplied()).toEqual(
      texts.map((_text, at) => ({ migration: `${9001 + at}_test`, targets: size + 1 })),
    )
    expect(await query(`select from pg_index where not indisvalid`)).toEqual([])
    expect((await verifyFleet(tenancy(), await withMore(tenancy(), ...texts))).drift).toEqual([])
    console.log(`killed after ${seen.join(', ')} of at most ${(size + 1) * kills} applications`)
  }, 900_000)

  it(`${runners} concurrent processes migrate each target once`, async () => {
    texts.push(addColumn('by_many'))
    const ends = await Promise.all(Array.from({ length: runners }, () => startRunner(texts).ended))
    expect(ends.map(({ code, err }) => ({ code, err }))).toEqual(
      ends.map(() => ({ code: 0, err: '' })),
    )
    const done = ends.flatMap(
      ({ out }) => (JSON.parse(out.trim().split('\n').at(-1) ?? '') as { done: string[] }).done,
    )
    expect(done.toSorted()).toEqual([...new Set(done)].toSorted())
    expect(done).toHaveLength(size + 1)
    expect((await timesApplied()).at(-1)).toEqual({
      migration: `${9000 + texts.length}_test`,
      targets: size + 1,
    })
    expect((await verifyFleet(tenancy(), await withMore(tenancy(), ...texts))).drift).toEqual([])
  }, 900_000)
}

const next = (at: number) =>
  at % 5 === 4
    ? `-- no transaction\ncreate index concurrently if not exists notes_late_${at} on notes (tenant_id, version)`
    : addColumn(`due_${at}`)
const timesApplied = () =>
  query<{ migration: string; targets: number }>(
    `select migration, count(*)::int as targets from tenancy.applied_migrations where migration like '9%' and schema <> 'platform' group by migration order by migration`,
  )
