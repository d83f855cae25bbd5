import { max } from 'drizzle-orm'
import { tenantLimits } from '#tenancy/base/schema'
import type { Queryable, Tenancy } from '#tenancy/base/tenancy'
import { timings } from '#tenancy/base/timings'
import { platform } from '#tenancy/registry/placements'
import { platformPool } from '#tenancy/registry/pools'

type EndedTransaction = { pid: number; login: string; database: string; seconds: number }

const statement = 'select * from tenancy.end_overdue_transactions($1, $2)'

/**
 * Ends the session of a connection to the main server that this process has closed, if its transaction
 * is older than its limit. Otherwise it could hold its locks for as long as its statement runs.
 * @param pid - The process id of the session. A pooler may have made it up; then no overdue transaction
 *   has it.
 * @param limitMs - How long the transaction may take, in milliseconds.
 */
export async function endOverdueTransaction(
  tenancy: Tenancy,
  pid: number,
  limitMs: number,
): Promise<void> {
  const { logger } = tenancy.config
  try {
    const { rows } = await platformPool(tenancy).query<EndedTransaction>(statement, [limitMs, pid])
    logEnded(tenancy, rows)
  } catch (error) {
    logger.warn({ pid, err: error }, 'the session of a silent connection was not ended')
  }
}

/**
 * Ends all transactions of tenants' logins on a server that no limit allows to be so old.
 * @param client - A connection to any database on that server that holds tenants: of the platform login
 *   or the worker.
 * @param limitMs - See `overdueAfterMs`.
 */
export async function endOverdueTransactions(
  tenancy: Tenancy,
  client: Queryable,
  limitMs: number,
): Promise<void> {
  const { rows } = await client.query<EndedTransaction>(statement, [limitMs, null])
  logEnded(tenancy, rows)
}

/**
 * Computes after how long a transaction of any tenant is overdue.
 * @returns The longest statement timeout of a tier or tenant, and a grace period, in milliseconds.
 */
export async function overdueAfterMs(tenancy: Tenancy): Promise<number> {
  const [own] = await platform(tenancy)
    .select({ longest: max(tenantLimits.statementMs) })
    .from(tenantLimits)
  const ofTiers = Object.values(tenancy.config.tiers).map(({ limits }) => limits.statementMs)
  return Math.max(own?.longest ?? 0, ...ofTiers) + timings.overdueGrace
}

function logEnded({ config: { logger } }: Tenancy, ended: EndedTransaction[]): void {
  for (const { pid, login, database, seconds } of ended)
    logger.warn({ pid, login, database, seconds: Math.round(seconds) }, 'overdue transaction ended')
}
