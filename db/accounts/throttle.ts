import { createHash } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { TooManyAttempts } from '#db/errors'
import { platform } from '#db/tenancy'
import { attempts } from '#db/schema/accounts'

/**
 * So many attempts are free; each further one waits twice as long as the one before, up to
 * `longest`. All are forgotten after `memory` without one. Seconds.
 */
export type Policy = { name: string; free: number; first: number; longest: number; memory: number }

const keyOf = (policy: Policy, subject: string) =>
  createHash('sha256').update(`${policy.name}\n${subject}`).digest()

/**
 * Counts an attempt before it is made, so that many at once cannot slip through together. Throws
 * TooManyAttempts with the seconds that are left; an attempt that is refused does not count, so
 * that nobody is locked out by knocking on.
 */
export async function count(policy: Policy, subject: string): Promise<void> {
  const { free, first, longest, memory } = policy
  const key = keyOf(policy, subject)
  const made = sql`case when ${attempts.at} < clock_timestamp() - make_interval(secs => ${memory}) then 1 else ${attempts.failures} + 1 end`
  const wait = sql`case when ${made} > ${free} then least(${longest}::float8, ${first} * power(2, least(30, ${made} - ${free} - 1))) else 0 end`
  const [counted] = await platform()
    .insert(attempts)
    .values({ key, failures: 1, until: sql`clock_timestamp()` })
    .onConflictDoUpdate({
      target: attempts.key,
      set: {
        failures: made,
        at: sql`clock_timestamp()`,
        until: sql`clock_timestamp() + make_interval(secs => ${wait})`,
      },
      setWhere: sql`${attempts.until} <= clock_timestamp()`,
    })
    .returning({ failures: attempts.failures })
  if (!counted) throw new TooManyAttempts(await secondsLeft(key))
}

/** Takes back what was counted, after a success. */
export async function forget(policy: Policy, subject: string): Promise<void> {
  await platform()
    .delete(attempts)
    .where(eq(attempts.key, keyOf(policy, subject)))
}

/** Takes back one attempt of many that share a subject, such as a network address. */
export async function takeBack(policy: Policy, subject: string): Promise<void> {
  await platform()
    .update(attempts)
    .set({ failures: sql`greatest(0, ${attempts.failures} - 1)`, until: sql`clock_timestamp()` })
    .where(eq(attempts.key, keyOf(policy, subject)))
}

async function secondsLeft(key: Buffer): Promise<number> {
  const [row] = await platform()
    .select({
      seconds: sql<number>`ceil(extract(epoch from ${attempts.until} - clock_timestamp()))::int`,
    })
    .from(attempts)
    .where(eq(attempts.key, key))
  return Math.max(1, row?.seconds ?? 1)
}
