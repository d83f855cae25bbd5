import { sql, type SQL } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'

/** The pause after the first failure, and the longest one. */
export type Backoff = { firstMs: number; maxMs: number }

/**
 * How long to wait before the next attempt: twice as long after each failure, up to the ceiling, and
 * up to a quarter more by chance, so that processes do not retry in step.
 * @param failures - How many attempts have failed in a row, from 1.
 * @returns Milliseconds.
 */
export const backoffMs = (failures: number, { firstMs, maxMs }: Backoff): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 40)) * (1 + Math.random() / 4)

/**
 * The same rule for a row, by the clock of the database.
 * @param failures - An expression for how many attempts have failed in a row, from 1.
 * @returns An expression for the time of the next attempt.
 */
export const nextAttemptAt = (
  failures: SQL | AnyPgColumn,
  { firstMs, maxMs }: Backoff,
): SQL<Date> =>
  sql<Date>`clock_timestamp() + least(${maxMs}::float8, ${firstMs} * power(2, least(${failures} - 1, 40))) * (1 + random() / 4) * interval '1 millisecond'`
