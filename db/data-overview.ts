import {
  erasures,
  exports,
  holds,
  retentionColumns,
  rulesOf,
  listRetentionRuns,
  declaredTables,
} from '@rowhouse/tenancy/data'
import { platform, tenancy } from '#db/tenancy'
import { tiers, type Tier } from '#db/tiers'

/** Reads a tenant's exports, retention rules and runs, legal hold, and pending erasure. */
export async function dataOverview(tenantId: string, tier: Tier) {
  const db = platform()
  const [made, rules, runs, hold, erasure] = await Promise.all([
    exports.list(db, tenantId, 5),
    rulesOf(db, tenantId),
    listRetentionRuns(db, tenantId, 5),
    holds.current(db, tenantId),
    erasures.current(db, tenantId),
  ])
  const days = new Map(rules.map((rule) => [rule.table, rule.days]))
  return {
    exports: made,
    runs,
    hold,
    erasure,
    allowedDays: tiers[tier].retentionDays,
    tablesWithRetention: retentionColumns(tenancy()).map(({ table }) => ({
      table,
      days: days.get(table) ?? null,
    })),
    exemptTables: declaredTables(tenancy()).tenant.flatMap(({ name, retention }) =>
      'never' in retention ? [{ table: name, why: retention.never }] : [],
    ),
  }
}

export type DataOverview = Awaited<ReturnType<typeof dataOverview>>
