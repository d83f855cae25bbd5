import { createHash } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { TooManyAttempts } from '#db/errors'
import { platform } from '#db/tenancy'
import { attempts } from '#db/schema/accounts'

/**
 * How attempts of one kind are slowed down: the first `freeAttempts` are not delayed, the next one
 * waits `firstDelay`, and each further one twice as long as the one before, up to `maxDelay`. The
 * counter starts again after `resetAfter` without an attempt. All times are in seconds.
 */
export type AttemptPolicy = {
  name: string
  freeAttempts: number
  firstDelay: number
  maxDelay: number
  resetAfter: number
}

const keyOf = (policy: AttemptPolicy, subject: string) =>
  createHash('sha256').update(`${policy.name}\n${subject}`).digest()

/**
 * Counts an attempt before it is made, so that parallel attempts are all counted. A refused attempt is
 * not counted: retrying too early never extends the delay.
 *
 * @throws TooManyAttempts with the remaining seconds.
 */
export async function countAttempt(policy: AttemptPolicy, subject: string): Promise<void> {
  const { freeAttempts, firstDelay, maxDelay, resetAfter } = policy
  const key = keyOf(policy, subject)
  const made = sql`case when ${attempts.at} < clock_timestamp() - make_interval(secs => ${resetAfter}) then 1 else ${attempts.failures} + 1 end`
  const delay = sql`case when ${made} > ${freeAttempts} then least(${maxDelay}::float8, ${firstDelay} * power(2, least(30, ${made} - ${freeAttempts} - 1))) else 0 end`
  const [counted] = await platform()
    .insert(attempts)
    .values({ key, failures: 1, until: sql`clock_timestamp()` })
    .onConflictDoUpdate({
      target: attempts.key,
      set: {
        failures: made,
        at: sql`clock_timestamp()`,
        until: sql`clock_timestamp() + make_interval(secs => ${delay})`,
      },
      setWhere: sql`${attempts.until} <= clock_timestamp()`,
    })
    .returning({ failures: attempts.failures })
  if (!counted) throw new TooManyAttempts(await secondsLeft(key))
}

/** Resets the counter of a subject, after a success. */
export async function clearAttempts(policy: AttemptPolicy, subject: string): Promise<void> {
  await platform()
    .delete(attempts)
    .where(eq(attempts.key, keyOf(policy, subject)))
}

/** Takes back one attempt where many users share a subject, such as a network address. */
export async function undoAttempt(policy: AttemptPolicy, subject: string): Promise<void> {
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
