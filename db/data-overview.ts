import * as erasures from '#db/erase/erasures'
import * as exports from '#db/export/exports'
import * as holds from '#db/holds'
import { platform } from '#db/registry'
import { ageing, bounds, rulesOf } from '#db/retention/rules'
import { history } from '#db/retention/runs'
import type { Tier } from '#db/schema/platform'
import { ages } from '#db/schema/tenant'

/**
 * What a tenant sees of its own data: exports, for how long rows are kept, what has gone, and
 * whether it is to be erased.
 */
export async function dataOverview(tenantId: string, tier: Tier) {
  const db = platform()
  const [made, rules, runs, hold, erasure] = await Promise.all([
    exports.list(db, tenantId, 5),
    rulesOf(db, tenantId),
    history(db, tenantId, 5),
    holds.standing(db, tenantId),
    erasures.current(db, tenantId),
  ])
  const days = new Map(rules.map((rule) => [rule.table, rule.days]))
  return {
    exports: made,
    runs,
    hold,
    erasure,
    bounds: bounds[tier],
    kept: ageing.map(({ table }) => ({ table, days: days.get(table) ?? null })),
    never: Object.entries(ages).flatMap(([table, age]) =>
      'kept' in age ? [{ table, why: age.kept }] : [],
    ),
  }
}

export type DataOverview = Awaited<ReturnType<typeof dataOverview>>
