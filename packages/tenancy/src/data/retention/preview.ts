import { sql } from 'drizzle-orm'
import { withTenant } from '#tenancy/context/with-tenant'
import { type TenantTx } from '#tenancy/base/tenant-tx'
import { ClocksDiffer } from '#tenancy/data/errors'
import { platform } from '#tenancy/registry/placements'
import { agingTables, rulesOf, type Rule } from '#tenancy/data/retention/rules'
import { type RetentionStep } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/** A run that would take a larger part of a table than this waits for a yes. */
export const cap = 0.2

const clocksMayDiffer = 300

/**
 * Under which epoch a transaction is inside its tenant, out of the signed context. The numbers in a snapshot
 * mean nothing on another server.
 */
export const epochHere = sql`rtrim(split_part(current_setting('tenancy.context'), '|', 4), '+')::int`

/**
 * What retention would delete of a tenant now: for each table with a rule the moment before which
 * rows are too old, how many those are, and of how many. The moment comes from the main database;
 * when the clock there, in the tenant's own database and of this process are not the same to a few
 * minutes, there is no preview. Throws ClocksDiffer.
 */
export async function previewRetention(
  tenancy: Tenancy,
  tenantId: string,
): Promise<RetentionStep[]> {
  const rules = await rulesOf(platform(tenancy), tenantId)
  if (rules.length === 0) return []
  const now = await agreedTime(tenancy)
  return withTenant(
    tenancy,
    { kind: 'service', tenantId, reason: 'retention preview' },
    async (tx) => {
      await agree(tx, now)
      const steps: RetentionStep[] = []
      for (const rule of rules) steps.push(...(await step(tenancy, tx, rule, now)))
      return steps
    },
  )
}

/** True when at least one table would lose more than the cap. */
export const needsConfirmation = (steps: RetentionStep[]): boolean =>
  steps.some(({ rows, of }) => rows > of * cap)

async function step(
  tenancy: Tenancy,
  tx: TenantTx,
  { table, days }: Rule,
  now: Date,
): Promise<RetentionStep[]> {
  const by = agingTables(tenancy).find((one) => one.table === table)?.by
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
async function agreedTime(tenancy: Tenancy): Promise<Date> {
  const { rows } = await platform(tenancy).execute<{ now: string }>(
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
