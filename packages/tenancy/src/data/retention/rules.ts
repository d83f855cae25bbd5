import { and, eq, sql } from 'drizzle-orm'
import { declaredTables } from '#tenancy/base/declared-tables'
import { type Tenancy, type PlatformDb } from '#tenancy/base/tenancy'
import { tierOf } from '#tenancy/base/tiers'
import { Invalid } from '#tenancy/base/errors'
import { retentionRules, retentionRuns } from '#tenancy/base/schema'

export type Rule = typeof retentionRules.$inferSelect

/** The tables that a rule can be set for, with the column that tells a row's age. */
export const agingTables = (tenancy: Tenancy): { table: string; by: string }[] =>
  declaredTables(tenancy).tenant.flatMap(({ name, retention }) =>
    'by' in retention ? [{ table: name, by: retention.by }] : [],
  )

export const rulesOf = (db: PlatformDb, tenantId: string): Promise<Rule[]> =>
  db
    .select()
    .from(retentionRules)
    .where(eq(retentionRules.tenantId, tenantId))
    .orderBy(retentionRules.table)

/**
 * Sets for how many days a tenant keeps the rows of a table; null for ever. A run that waits under
 * the old rule is dismissed. Throws Invalid for a table without an age, or for days that the tier
 * does not have.
 */
export async function setRule(
  tenancy: Tenancy,
  db: PlatformDb,
  {
    tenantId,
    tier,
    table,
    days,
    by,
  }: { tenantId: string; tier: string; table: string; days: number | null; by: string },
): Promise<void> {
  const aging = agingTables(tenancy)
  if (!aging.some((one) => one.table === table))
    throw new Invalid(
      'table',
      `rows of ${table} have no age; a rule can be set for ${aging.map((one) => one.table).join(', ')}`,
    )
  const { least, most } = tierOf(tenancy, tier).retentionDays
  if (days !== null && (!Number.isInteger(days) || days < least || days > most))
    throw new Invalid(
      'days',
      `on ${tier} rows are kept for ${least} to ${most} days; ${days} is not one of these`,
    )
  await db.transaction(async (tx) => {
    await tx
      .update(retentionRuns)
      .set({ state: 'dismissed', endedAt: sql`clock_timestamp()`, message: 'the rule was changed' })
      .where(and(eq(retentionRuns.tenantId, tenantId), eq(retentionRuns.state, 'waiting')))
    if (days === null)
      await tx
        .delete(retentionRules)
        .where(and(eq(retentionRules.tenantId, tenantId), eq(retentionRules.table, table)))
    else
      await tx
        .insert(retentionRules)
        .values({ tenantId, table, days, setBy: by })
        .onConflictDoUpdate({
          target: [retentionRules.tenantId, retentionRules.table],
          set: { days, setBy: by, setAt: sql`clock_timestamp()` },
        })
  })
}
