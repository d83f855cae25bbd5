import { sql, type SQL } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'

/** The pause after the first failure, and the longest one. */
export type Backoff = { firstMs: number; maxMs: number }

/**
 * Computes the pause before the next attempt. It doubles with each failure, up to `maxMs`; a random
 * quarter is added so that processes do not retry at the same time.
 * @param failures - How many attempts have failed in a row, from 1.
 * @param backoff - The first and the longest pause, in milliseconds.
 * @returns Milliseconds.
 */
export const backoffMs = (failures: number, backoff: Backoff): number =>
  Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(failures - 1, 40)) *
  (1 + Math.random() / 4)

/**
 * Computes the time of the next attempt in SQL, with the clock of the database.
 * @param failures - An expression for how many attempts have failed in a row, from 1.
 * @param backoff - The first and the longest pause, in milliseconds.
 * @returns An expression of type `timestamptz`.
 */
export const nextAttemptAt = (failures: SQL | AnyPgColumn, backoff: Backoff): SQL<Date> =>
  sql<Date>`clock_timestamp() + least(${backoff.maxMs}::float8, ${backoff.firstMs} * power(2, least(${failures} - 1, 40))) * (1 + random() / 4) * interval '1 millisecond'`
