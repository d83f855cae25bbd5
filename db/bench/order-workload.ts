import { sql } from 'drizzle-orm'
import { newId } from '@rowhouse/tenancy'
import type { Workload } from '@rowhouse/tenancy/testing'

/**
 * Writes orders with lines and events, numbered by a counter, and products that swap their SKUs.
 */
export const orderWorkload: Workload = {
  marks: { orders: 'note', order_lines: 'description', order_events: 'reason', products: 'name' },
  tables: { document: 'orders', line: 'order_lines', event: 'order_events', unique: 'products' },

  async begin(tx, counter) {
    const t = tx.tenantId
    const [name, customer, product] = [counterName(counter), newId(), newId()]
    const firstNumber = 1_000_000 * (1 + Math.floor(Math.random() * 1_000_000))
    const uniqueValue = () => `W-${newId().slice(-12)}`
    const addProduct = (id: string, sku: string, mark: string) =>
      sql`insert into products (tenant_id, id, sku, name, price_minor) values (${t}, ${id}, ${sku}, ${mark}, 1)`
    const addEvent = (id: string, orderId: string, status: string, mark: string) =>
      sql`insert into order_events (tenant_id, id, order_id, actor, to_status, reason) values (${t}, ${id}, ${orderId}, 'writer', ${status}, ${mark})`
    await tx.execute(
      sql`insert into customers (tenant_id, id, name) values (${t}, ${customer}, 'Writer')`,
    )
    await tx.execute(sql`insert into counters (tenant_id, name, value) values (${t}, ${name}, 0)`)
    await tx.execute(addProduct(product, uniqueValue(), 'Product'))
    return {
      uniqueValue,
      addUnique: ({ id, value }, mark) => [addProduct(id, value, mark)],
      create: ({ id, lines, events }, mark) => [
        sql`update counters set value = value + 1 where tenant_id = ${t} and name = ${name}`,
        sql`insert into orders (tenant_id, id, number, customer_id, note) select ${t}, ${id}, value + ${firstNumber}, ${customer}, ${mark} from counters where tenant_id = ${t} and name = ${name}`,
        sql`insert into order_lines (tenant_id, id, order_id, position, product_id, description, quantity, unit_price_minor) values (${t}, ${lines[0]}, ${id}, 1, ${product}, ${mark}, 1, 1), (${t}, ${lines[1]}, ${id}, 2, ${product}, ${mark}, 1, 1)`,
        ...events.map((event) => addEvent(event, id, 'placed', mark)),
      ],
      change: ({ id, lines }, event, mark) => [
        sql`update orders set note = ${mark}, version = version + 1 where tenant_id = ${t} and id = ${id}`,
        sql`update order_lines set description = ${mark} where tenant_id = ${t} and id = ${lines[0]}`,
        addEvent(event, id, 'paid', mark),
      ],
      remove: ({ id }) => [sql`delete from orders where tenant_id = ${t} and id = ${id}`],
      reparent: (line, { id }, mark) => [
        sql`update order_lines set order_id = ${id}, description = ${mark} where tenant_id = ${t} and id = ${line}`,
      ],
      swap: (old, otherValue, fresh, mark) => [
        sql`update products set sku = ${otherValue}, name = ${mark} where tenant_id = ${t} and id = ${old.id}`,
        addProduct(fresh.id, fresh.value, mark),
      ],
    }
  },

  async readCounter(tx, counter) {
    const { rows } = await tx.execute<{ value: string }>(
      sql`select value from counters where tenant_id = ${tx.tenantId} and name = ${counterName(counter)}`,
    )
    return Number(rows[0]?.value ?? 0)
  },

  async countOrphans(tx) {
    const t = tx.tenantId
    const { rows } = await tx.execute<{ n: string }>(sql`
      select (select count(*) from order_lines as l where l.tenant_id = ${t} and not exists (select from orders as o where o.tenant_id = l.tenant_id and o.id = l.order_id))
        + (select count(*) from order_events as e where e.tenant_id = ${t} and not exists (select from orders as o where o.tenant_id = e.tenant_id and o.id = e.order_id)) as n`)
    return Number(rows[0]?.n)
  },
}

const counterName = (counter: string) => `writer ${counter}`
