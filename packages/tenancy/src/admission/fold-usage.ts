import { sql } from 'drizzle-orm'
import { usageNames } from '#tenancy/admission/usage'
import { platform } from '#tenancy/registry/placements'
import { usage } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * How many hours of usage are kept by the hour: a little more than the day that charts show. Older
 * usage is kept by the day.
 */
export const hoursKept = 26

/**
 * Sums the hourly rows of older days into one row per tenant and day, under midnight UTC. A single
 * statement deletes and adds, so that concurrent calls neither lose nor count anything twice.
 * @param tenancy - The instance.
 * @returns How many hourly rows were folded.
 */
export async function foldUsage(tenancy: Tenancy): Promise<number> {
  const day = sql`date_trunc('day', ${usage.hour}, 'UTC')`
  const columns = usageNames.map((name) => sql.identifier(usage[name].name))
  const list = (of: (column: ReturnType<typeof sql.identifier>) => ReturnType<typeof sql>) =>
    sql.join(columns.map(of), sql`, `)
  const { rowCount } = await platform(tenancy).execute(sql`
    with old as (
      delete from ${usage} where ${usage.hour} < date_trunc('hour', now()) - make_interval(hours => ${hoursKept}) and ${usage.hour} <> ${day}
      returning tenant_id, ${day} as day, ${list((column) => sql`${column}`)}
    ), added as (
      insert into ${usage} as u (tenant_id, hour, ${list((column) => sql`${column}`)})
      select tenant_id, day, ${list((column) => sql`sum(${column})`)} from old group by tenant_id, day order by tenant_id, day
      on conflict (tenant_id, hour) do update set ${list((column) => sql`${column} = u.${column} + excluded.${column}`)}
    )
    select from old`)
  return rowCount ?? 0
}
