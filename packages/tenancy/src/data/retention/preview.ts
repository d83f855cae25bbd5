import { sql } from 'drizzle-orm'
import { withTenant } from '#tenancy/context/with-tenant'
import { type TenantTx } from '#tenancy/base/tenant-tx'
import { ClocksDiffer } from '#tenancy/data/errors'
import { platform } from '#tenancy/registry/placements'
import { retentionColumns, rulesOf, type RetentionRule } from '#tenancy/data/retention/rules'
import { type RetentionStep } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/** A run that would delete a larger share of a table awaits confirmation. */
export const confirmationThreshold = 0.2

const maxClockDifferenceSeconds = 300

/**
 * The epoch in the transaction's signed context. The transaction ids of a snapshot mean nothing on
 * another server.
 */
export const currentEpoch = sql`rtrim(split_part(current_setting('tenancy.context'), '|', 4), '+')::int`

/**
 * Counts the rows that retention would delete now. Their age is measured by the main database's
 * clock, with which the clocks of this process and the tenant's database must agree to a few
 * minutes.
 * @param tenancy - The instance.
 * @param tenantId - The tenant's id.
 * @returns One step for each table with a rule.
 * @throws ClocksDiffer
 */
export async function previewRetention(
  tenancy: Tenancy,
  tenantId: string,
): Promise<RetentionStep[]> {
  const rules = await rulesOf(platform(tenancy), tenantId)
  if (rules.length === 0) return []
  const now = await currentTime(tenancy)
  return withTenant(
    tenancy,
    { kind: 'service', tenantId, reason: 'retention preview' },
    async (tx) => {
      await checkTenantClock(tx, now)
      const steps: RetentionStep[] = []
      for (const rule of rules) steps.push(...(await countStep(tenancy, tx, rule, now)))
      return steps
    },
  )
}

/**
 * Tells whether someone must confirm a retention run.
 * @param steps - The result of `previewRetention`.
 * @returns True if a table would lose more than `confirmationThreshold` of its rows.
 */
export const needsConfirmation = (steps: RetentionStep[]): boolean =>
  steps.some(({ rows, of }) => rows > of * confirmationThreshold)

async function countStep(
  tenancy: Tenancy,
  tx: TenantTx,
  { table, days }: RetentionRule,
  now: Date,
): Promise<RetentionStep[]> {
  const column = retentionColumns(tenancy).find((one) => one.table === table)?.column
  if (!column) return []
  const before = new Date(now.getTime() - days * 86_400_000)
  const { rows } = await tx.execute<{ epoch: number; seen: string; old: number; all: number }>(sql`
    select ${currentEpoch} as epoch, pg_current_snapshot()::text as seen, count(*) filter (where ${sql.identifier(column)} < ${before.toISOString()}::timestamptz)::int as old, count(*)::int as all
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

/** Reads the time of the main database. */
async function currentTime(tenancy: Tenancy): Promise<Date> {
  const { rows } = await platform(tenancy).execute<{ now: string }>(
    sql`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
  )
  const now = new Date(rows[0]?.now ?? Number.NaN)
  compareClocks({ name: 'the main database', now }, { name: 'this process', now: new Date() })
  return now
}

async function checkTenantClock(tx: TenantTx, now: Date): Promise<void> {
  const { rows } = await tx.execute<{ now: string }>(
    sql`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
  )
  compareClocks(
    { name: 'the main database', now },
    { name: "the tenant's database", now: new Date(rows[0]?.now ?? Number.NaN) },
  )
}

type Clock = { name: string; now: Date }

function compareClocks(one: Clock, other: Clock): void {
  const seconds = Math.abs(one.now.getTime() - other.now.getTime()) / 1000
  // negated, so that an invalid date is refused too
  if (!(seconds < maxClockDifferenceSeconds)) throw new ClocksDiffer(one.name, other.name, seconds)
}
