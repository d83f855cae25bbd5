import {
  erasures,
  exports,
  holds,
  agingTables,
  rulesOf,
  listRetentionRuns,
  declaredTables,
} from '@rowhouse/tenancy/data'
import { platform, tenancy } from '#db/tenancy'
import { tiers, type Tier } from '#db/tiers'

/**
 * What a tenant sees of its own data: exports, for how long rows are kept, what has gone, and
 * whether it is to be erased.
 */
export async function dataOverview(tenantId: string, tier: Tier) {
  const db = platform()
  const [made, rules, runs, hold, erasure] = await Promise.all([
    exports.list(db, tenantId, 5),
    rulesOf(db, tenantId),
    listRetentionRuns(db, tenantId, 5),
    holds.standing(db, tenantId),
    erasures.current(db, tenantId),
  ])
  const days = new Map(rules.map((rule) => [rule.table, rule.days]))
  return {
    exports: made,
    runs,
    hold,
    erasure,
    bounds: tiers[tier].retentionDays,
    kept: agingTables(tenancy()).map(({ table }) => ({ table, days: days.get(table) ?? null })),
    never: declaredTables(tenancy()).tenant.flatMap(({ name, retention }) =>
      'never' in retention ? [{ table: name, why: retention.never }] : [],
    ),
  }
}

export type DataOverview = Awaited<ReturnType<typeof dataOverview>>
