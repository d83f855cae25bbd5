import { asc, gte, inArray, sql, and, eq } from 'drizzle-orm'
import { platform } from '#db/tenancy'
import { usage } from '@rowhouse/tenancy/schema'
import { tiers, type Tier } from '#db/tiers'
import { hoursKept, noUsage, usageNames, type Usage } from '@rowhouse/tenancy'

export type TenantUsage = Usage & {
  id: string
  slug: string
  name: string
  tier: Tier
  share: number
  hint: string | null
}

const maxTenants = 50

type Ranked = TenantUsage & { orders: number; users: number } & Record<`all_${string}`, number>

/**
 * Ranks the 50 tenants with the highest usage.
 *
 * @param by - The kind of usage to rank by.
 * @returns The tenants, with a reason to upgrade where there is one, and the usage of all tenants.
 */
export async function topTenants(
  since: Date,
  by: keyof Usage,
): Promise<{ rows: TenantUsage[]; all: Usage }> {
  const sums = sql.join(
    usageNames.map((name) => sql`sum(${usage[name]})::float8 as ${sql.identifier(name)}`),
    sql`, `,
  )
  const totals = sql.join(
    usageNames.map(
      (name) => sql`sum(used.${sql.identifier(name)}) over () as ${sql.identifier(`all_${name}`)}`,
    ),
    sql`, `,
  )
  const { rows } = await platform().execute<Ranked>(sql`
    with used as (
      select tenant_id, ${sums} from ${usage} where ${usage.hour} >= ${since.toISOString()} group by tenant_id
    ), top as (
      select used.*, ${totals}, count(*) over ()::int as users from used order by used.${sql.identifier(by)} desc, tenant_id limit ${maxTenants}
    )
    select t.id, t.slug, t.name, t.tier, coalesce(s.orders, 0)::float8 as orders, top.*
    from top join tenancy.tenants as t on t.id = top.tenant_id left join platform.tenant_sizes as s on s.tenant_id = t.id
    order by top.${sql.identifier(by)} desc, t.id`)
  const all = noUsage()
  for (const name of usageNames) all[name] = rows[0]?.[`all_${name}`] ?? 0
  return {
    all,
    rows: rows.map(({ id, slug, name, tier, orders, users, ...counted }) => {
      const used = noUsage()
      for (const what of usageNames) used[what] = counted[what]
      const share = all.databaseMs > 0 ? used.databaseMs / all.databaseMs : 0
      return {
        id,
        slug,
        name,
        tier,
        ...used,
        share,
        hint: hintFor({ tier, used, share, orders, tenants: users }),
      }
    }),
  }
}

/**
 * Says why a tenant may have outgrown its tier.
 *
 * @param options.share - The tenant's share of all database time, from 0 to 1.
 * @param options.tenants - How many tenants used the database.
 * @returns Null when there is no reason.
 */
function hintFor({
  tier,
  used: { limitsHit, waitMs, transactions },
  share,
  orders,
  tenants,
}: {
  tier: Tier
  used: Usage
  share: number
  orders: number
  tenants: number
}): string | null {
  const { placement } = tiers[tier]
  if (placement === 'database') return null
  if (limitsHit > 0) return `ran into its limits ${limitsHit} times`
  if (transactions > 100 && waitMs / transactions > 50)
    return `waits ${Math.round(waitMs / transactions)} ms for a connection each time`
  if (share > 0.4 && tenants > 3 && transactions > 1000)
    return `takes ${Math.round(share * 100)} % of the database's time`
  if (placement === 'shared' && orders > 250_000)
    return `has ${orders.toLocaleString('en-GB')} orders in shared tables`
  return null
}

export type HourUsage = { hour: Date } & Pick<
  Usage,
  'requests' | 'databaseMs' | 'errors' | 'limitsHit'
>

/** A tenant's usage by hour, for a chart. */
export const usageByHour = (tenantId: string, since: Date): Promise<HourUsage[]> =>
  platform()
    .select({
      hour: usage.hour,
      requests: usage.requests,
      databaseMs: usage.databaseMs,
      errors: usage.errors,
      limitsHit: usage.limitsHit,
    })
    .from(usage)
    .where(and(eq(usage.tenantId, tenantId), gte(usage.hour, since)))
    .orderBy(asc(usage.hour))

/**
 * The start of a period that ends now. Usage is stored by hour, and older usage by day, so the start
 * is rounded down to a whole hour or day.
 */
export function hoursAgo(hours: number): Date {
  const hour = 3_600_000
  const whole = hours > hoursKept ? 24 * hour : hour
  return new Date(Math.floor((Date.now() - (hours - 1) * hour) / whole) * whole)
}

/** The usage of several tenants, by id. */
export async function usageOf(
  tenantIds: string[],
  since: Date,
): Promise<Map<string, { requests: number; databaseMs: number }>> {
  if (tenantIds.length === 0) return new Map()
  const rows = await platform()
    .select({
      id: usage.tenantId,
      requests: sql<number>`sum(${usage.requests})::float8`,
      databaseMs: sql<number>`sum(${usage.databaseMs})`,
    })
    .from(usage)
    .where(and(inArray(usage.tenantId, tenantIds), gte(usage.hour, since)))
    .groupBy(usage.tenantId)
  return new Map(rows.map(({ id, ...used }) => [id, used]))
}
