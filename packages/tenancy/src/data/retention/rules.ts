import { and, eq, sql } from 'drizzle-orm'
import { declaredTables } from '#tenancy/base/declared-tables'
import { type Tenancy, type PlatformDb } from '#tenancy/base/tenancy'
import { tierOf } from '#tenancy/base/tiers'
import { Invalid } from '#tenancy/base/errors'
import { retentionRules, retentionRuns } from '#tenancy/base/schema'

export type RetentionRule = typeof retentionRules.$inferSelect

/**
 * Lists the tables that can have a retention rule.
 * @param tenancy - The instance.
 * @returns Each table, with the column that holds a row's age.
 */
export const retentionColumns = (tenancy: Tenancy): { table: string; column: string }[] =>
  declaredTables(tenancy).tenant.flatMap(({ name, retention }) =>
    'by' in retention ? [{ table: name, column: retention.by }] : [],
  )

/**
 * Reads a tenant's retention rules.
 * @param db - The platform database, or a transaction on it.
 * @param tenantId - The tenant's id.
 * @returns One rule for each table that has one.
 */
export const rulesOf = (db: PlatformDb, tenantId: string): Promise<RetentionRule[]> =>
  db
    .select()
    .from(retentionRules)
    .where(eq(retentionRules.tenantId, tenantId))
    .orderBy(retentionRules.table)

/**
 * Sets how long a tenant keeps the rows of a table. Dismisses a run that awaits confirmation under
 * the old rule.
 * @param tenancy - The instance.
 * @param db - The platform database, or a transaction on it.
 * @param rule - `days` is null to keep rows forever. `by` is the name of who sets the rule.
 * @throws Invalid for a table without a retention column, or days that the tier does not allow.
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
  const columns = retentionColumns(tenancy)
  if (!columns.some((one) => one.table === table))
    throw new Invalid(
      'table',
      `rows of ${table} have no age; set a rule for one of ${columns.map((one) => one.table).join(', ')}`,
    )
  const { least, most } = tierOf(tenancy, tier).retentionDays
  if (days !== null && (!Number.isInteger(days) || days < least || days > most))
    throw new Invalid('days', `the tier ${tier} allows ${least} to ${most} days, not ${days}`)
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
