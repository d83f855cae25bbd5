import { sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { backoffMs, nextAttemptAt } from '#tenancy/base/backoff'
import { platform } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

afterAll(() => closePools(tenancy()))

const rule = { firstMs: 1000, maxMs: 60_000 }
const expected = [
  [1, 1000],
  [2, 2000],
  [5, 16_000],
  [7, 60_000],
  [5000, 60_000],
] as const

test.each(expected)('after %d failures the pause is %d ms, plus a quarter at most', (n, ms) => {
  for (let i = 0; i < 50; i++) {
    expect(backoffMs(n, rule)).toBeGreaterThanOrEqual(ms)
    expect(backoffMs(n, rule)).toBeLessThanOrEqual(ms * 1.25)
  }
})

test.each(expected)(
  'the database computes the same pause after %d failures: %d ms',
  async (n, ms) => {
    const { rows } = await platform(tenancy()).execute<{ least: number; most: number }>(sql`
    select min(ms) as least, max(ms) as most
    from (
      select extract(epoch from ${nextAttemptAt(sql`${n}::int`, rule)} - clock_timestamp())::float8 * 1000 as ms
      from generate_series(1, 50)
    ) as pauses`)
    expect(rows[0]?.least).toBeGreaterThan(ms - 5)
    expect(rows[0]?.most).toBeLessThanOrEqual(ms * 1.25)
  },
)
