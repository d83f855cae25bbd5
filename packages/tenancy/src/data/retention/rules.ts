import { and, eq, sql } from 'drizzle-orm'
import { Invalid } from '#db/errors'
import type { PlatformDb } from '#db/registry'
import { retentionRules, retentionRuns, type Tier } from '#db/schema/platform'
import { ages } from '#db/schema/tenant'

export type Rule = typeof retentionRules.$inferSelect

/** For how many days a tier may keep rows at least and at most. */
export const bounds: Record<Tier, { least: number; most: number }> = {
  starter: { least: 90, most: 1095 },
  business: { least: 30, most: 3650 },
  enterprise: { least: 7, most: 36_500 },
}

/** The tables that a rule can be set for, with the column that tells a row's age. */
export const ageing: { table: string; by: string }[] = Object.entries(ages).flatMap(
  ([table, age]) => ('by' in age ? [{ table, by: age.by }] : []),
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
  db: PlatformDb,
  {
    tenantId,
    tier,
    table,
    days,
    by,
  }: { tenantId: string; tier: Tier; table: string; days: number | null; by: string },
): Promise<void> {
  if (!ageing.some((one) => one.table === table))
    throw new Invalid(
      'table',
      `rows of ${table} have no age; a rule can be set for ${ageing.map((one) => one.table).join(', ')}`,
    )
  const { least, most } = bounds[tier]
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
