import { sql } from 'drizzle-orm'
import type { DataStep } from '@rowhouse/tenancy/migrations'

const batchSize = 500

/**
 * Recomputes the total of each order from its lines, for rows that the application did not write.
 */
export const recountOrders: DataStep = {
  name: 'recount-orders',
  about: 'set the total of each order to the sum of its lines',
  async batch(tx, after) {
    const {
      rows: [row],
    } = await tx.execute<{ last: string | null; seen: number; changed: number }>(sql`
      with part as (
        select id from orders
        where tenant_id = ${tx.tenantId} and (${after}::uuid is null or id > ${after}::uuid)
        order by id
        limit ${batchSize}
      ), counted as (
        select p.id, coalesce(sum(l.quantity * l.unit_price_minor), 0) as total
        from part as p
        left join order_lines as l on l.tenant_id = ${tx.tenantId} and l.order_id = p.id
        group by p.id
      ), changed as (
        update orders as o
        set total_minor = c.total
        from counted as c
        where o.tenant_id = ${tx.tenantId} and o.id = c.id and o.total_minor <> c.total
        returning o.id
      )
      select (select id from part order by id desc limit 1) as last, (select count(*)::int from part) as seen, (select count(*)::int from changed) as changed`)
    return { cursor: row && row.seen === batchSize ? row.last : null, rows: row?.changed ?? 0 }
  },
}
