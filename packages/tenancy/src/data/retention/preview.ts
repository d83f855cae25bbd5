import { sql } from 'drizzle-orm'
import { withTenant, type TenantTx } from '#db/door'
import { ClocksDiffer } from '#db/errors'
import { platform } from '#db/registry'
import { ageing, rulesOf, type Rule } from '#db/retention/rules'
import type { RetentionStep } from '#db/schema/platform'

/** A run that would take a larger part of a table than this waits for a yes. */
export const cap = 0.2

const clocksMayDiffer = 300

/**
 * Under which epoch a transaction is inside its tenant, out of the seal. The numbers in a snapshot
 * mean nothing on another server.
 */
export const epochHere = sql`rtrim(split_part(current_setting('tenancy.seal'), '|', 4), '+')::int`

/**
 * What retention would delete of a tenant now: for each table with a rule the moment before which
 * rows are too old, how many those are, and of how many. The moment comes from the main database;
 * when the clock there, in the tenant's own database and of this process are not the same to a few
 * minutes, there is no preview. Throws ClocksDiffer.
 */
export async function preview(tenantId: string): Promise<RetentionStep[]> {
  const rules = await rulesOf(platform(), tenantId)
  if (rules.length === 0) return []
  const now = await agreedTime()
  return withTenant({ kind: 'service', tenantId, reason: 'Retention preview' }, async (tx) => {
    await agree(tx, now)
    const steps: RetentionStep[] = []
    for (const rule of rules) steps.push(...(await step(tx, rule, now)))
    return steps
  })
}

/** True when at least one table would lose more than the cap. */
export const needsYes = (steps: RetentionStep[]): boolean =>
  steps.some(({ rows, of }) => rows > of * cap)

async function step(tx: TenantTx, { table, days }: Rule, now: Date): Promise<RetentionStep[]> {
  const by = ageing.find((one) => one.table === table)?.by
  if (!by) return []
  const before = new Date(now.getTime() - days * 86_400_000)
  const { rows } = await tx.execute<{ epoch: number; seen: string; old: number; all: number }>(sql`
    select ${epochHere} as epoch, pg_current_snapshot()::text as seen, count(*) filter (where ${sql.identifier(by)} < ${before.toISOString()}::timestamptz)::int as old, count(*)::int as all
    from ${sql.identifier(table)} where tenant_id = ${tx.tenantId}`)
  const [found] = rows
  return [
    {
      tenantId: tx.tenantId,
      epoch: found?.epoch ?? 0,
      table,
      before: before.toISOString(),
      seen: found?.seen ?? '',
      rows: found?.old ?? 0,
      of: found?.all ?? 0,
      deleted: 0,
    },
  ]
}

/** The time of the main database, if this process agrees. */
async function agreedTime(): Promise<Date> {
  const { rows } = await platform().execute<{ now: string }>(
    sql`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
  )
  const now = new Date(rows[0]?.now ?? Number.NaN)
  refuse('the main database', now, 'this process', new Date())
  return now
}

async function agree(tx: TenantTx, now: Date): Promise<void> {
  const { rows } = await tx.execute<{ now: string }>(
    sql`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
  )
  refuse('the main database', now, "the tenant's database", new Date(rows[0]?.now ?? Number.NaN))
}

function refuse(one: string, a: Date, other: string, b: Date): void {
  const seconds = Math.abs(a.getTime() - b.getTime()) / 1000
  if (!(seconds < clocksMayDiffer)) throw new ClocksDiffer(one, other, seconds)
}
