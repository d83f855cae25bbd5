import { asc, gte, inArray, sql, and, eq } from 'drizzle-orm'
import { platform } from '#db/registry'
import { tenantSizes } from '#db/schema/console'
import { tenants, usage, type Tier } from '#db/schema/platform'
import { usageSince } from '#db/usage-store'
import type { Usage } from '#db/usage'

export type TenantUsage = Usage & { id: string; slug: string; name: string; tier: Tier; share: number; hint: string | null }

const most = 50

/** Who used most of the database since a moment, and who would be better off in a larger place, with the reason. */
export async function topTenants(since: Date, by: keyof Usage): Promise<{ rows: TenantUsage[]; all: Usage }> {
  const used = await usageSince(since)
  const all = used.reduce<Usage>((sum, row) => ({
    requests: sum.requests + row.requests, transactions: sum.transactions + row.transactions, errors: sum.errors + row.errors,
    databaseMs: sum.databaseMs + row.databaseMs, waitMs: sum.waitMs + row.waitMs, limitsHit: sum.limitsHit + row.limitsHit,
  }), { requests: 0, transactions: 0, errors: 0, databaseMs: 0, waitMs: 0, limitsHit: 0 })
  const top = used.sort((a, b) => b[by] - a[by]).slice(0, most)
  if (top.length === 0) return { rows: [], all }
  const facts = await platform().select({ id: tenants.id, slug: tenants.slug, name: tenants.name, tier: tenants.tier, orders: tenantSizes.orders })
    .from(tenants).leftJoin(tenantSizes, eq(tenantSizes.tenantId, tenants.id)).where(inArray(tenants.id, top.map(({ tenantId }) => tenantId)))
  const known = new Map(facts.map((fact) => [fact.id, fact]))
  const rows = top.flatMap(({ tenantId, ...counted }) => {
    const fact = known.get(tenantId)
    const share = all.databaseMs > 0 ? counted.databaseMs / all.databaseMs : 0
    return fact ? [{ ...fact, ...counted, share, hint: hintFor(fact.tier, counted, share, fact.orders ?? 0, used.length) }] : []
  })
  return { rows, all }
}

/** Why a tenant may have outgrown its tier; null when it has not. */
function hintFor(tier: Tier, { limitsHit, waitMs, transactions }: Usage, share: number, orders: number, others: number): string | null {
  if (tier === 'enterprise') return null
  if (limitsHit > 0) return `ran into its limits ${limitsHit} times`
  if (transactions > 100 && waitMs / transactions > 50) return `waits ${Math.round(waitMs / transactions)} ms for a connection each time`
  if (share > 0.4 && others > 3 && transactions > 1000) return `takes ${Math.round(share * 100)} % of the database's time`
  if (tier === 'starter' && orders > 250_000) return `has ${orders.toLocaleString('en-GB')} orders in shared tables`
  return null
}

export type HourUsage = { hour: Date } & Pick<Usage, 'requests' | 'databaseMs' | 'errors' | 'limitsHit'>

/** One tenant's hours since a moment, for a chart. */
export const usageByHour = (tenantId: string, since: Date): Promise<HourUsage[]> =>
  platform().select({ hour: usage.hour, requests: usage.requests, databaseMs: usage.databaseMs, errors: usage.errors, limitsHit: usage.limitsHit })
    .from(usage).where(and(eq(usage.tenantId, tenantId), gte(usage.hour, since))).orderBy(asc(usage.hour))

/** Usage is kept by the hour, so a period that ends now begins with a whole one. */
export function hoursAgo(hours: number): Date {
  const hour = 3_600_000
  return new Date(Math.floor(Date.now() / hour) * hour - (hours - 1) * hour)
}

/** What a page of tenants used since a moment. */
export async function usageOf(tenantIds: string[], since: Date): Promise<Map<string, { requests: number; databaseMs: number }>> {
  if (tenantIds.length === 0) return new Map()
  const rows = await platform().select({ id: usage.tenantId, requests: sql<number>`sum(${usage.requests})::float8`, databaseMs: sql<number>`sum(${usage.databaseMs})` })
    .from(usage).where(and(inArray(usage.tenantId, tenantIds), gte(usage.hour, since))).groupBy(usage.tenantId)
  return new Map(rows.map(({ id, ...used }) => [id, used]))
}
