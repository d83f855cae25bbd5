import type pg from 'pg'
import { withConnection, createTenant } from '@rowhouse/tenancy/admin'
import { newId } from '@rowhouse/tenancy'
import { platform, type Caller, tenancy } from '#db/tenancy'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'

export type BigTenant = { id: string; slug: string; owner: Caller & { kind: 'session' } }

/**
 * Creates a starter tenant with about `rows` rows across all its tables. An administrator, who
 * bypasses row-level security, inserts them.
 */
export async function createBigTenant(
  adminUrl: string,
  name: string,
  rows: number,
): Promise<BigTenant> {
  const slug = `bench-${name}-${newId().slice(-6)}`
  const user = await users.create(platform(), {
    email: `owner@${slug}.example`,
    name: slug,
    verified: true,
  })
  const { id } = await createTenant(tenancy(), {
    slug,
    name: slug,
    ownerId: user.id,
    tier: 'starter',
  })
  if (rows > 0) await withConnection(adminUrl, (client) => fill(client, id, rows))
  const token = await sessions.start(user.id, { device: 'benchmark', address: '127.0.0.1' })
  return {
    id,
    slug,
    owner: { kind: 'session', token, tenantId: id, actor: { id: user.id, name: 'benchmark' } },
  }
}

async function fill(client: pg.Client, tenantId: string, rows: number): Promise<void> {
  const orders = Math.ceil(rows * 0.2)
  const [customers, products] = [Math.ceil(rows * 0.01), Math.min(1000, Math.ceil(rows * 0.01))]
  const id = (kind: number, n: string) =>
    `('019a${kind}000-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`
  // ids are built from a kind and a number, so that lines can refer to their order without a join
  await client.query(`
    set search_path = shared, pg_temp;
    insert into customers (tenant_id, id, name, email) select '${tenantId}', ${id(1, 'n')}, 'Customer ' || n, n || '@customers.example' from generate_series(1, ${customers}) as n;
    insert into products (tenant_id, id, sku, name, price_minor) select '${tenantId}', ${id(2, 'n')}, 'SKU-' || n, 'Product ' || n, n from generate_series(1, ${products}) as n;
    insert into counters (tenant_id, name, value) values ('${tenantId}', 'order_number', ${orders});
    insert into orders (tenant_id, id, number, customer_id, status, total_minor, placed_at)
      select '${tenantId}', ${id(3, 'n')}, n, ${id(1, `1 + n % ${customers}`)}, 'paid', n * 7 % 100000, now() - n * interval '1 minute' from generate_series(1, ${orders}) as n;
    insert into order_lines (tenant_id, id, order_id, position, product_id, description, quantity, unit_price_minor)
      select '${tenantId}', ${id(4, 'n')}, ${id(3, `1 + n % ${orders}`)}, 1 + n / ${orders}, ${id(2, `1 + n % ${products}`)}, 'Ordered item ' || n, 1 + n % 9, n % 10000 from generate_series(1, ${Math.ceil(rows * 0.45)}) as n;
    insert into order_events (tenant_id, id, order_id, actor, to_status)
      select '${tenantId}', ${id(5, 'n')}, ${id(3, `1 + n % ${orders}`)}, 'benchmark', 'paid' from generate_series(1, ${Math.ceil(rows * 0.25)}) as n;
    insert into activity (tenant_id, id, actor, action, subject) select '${tenantId}', ${id(6, 'n')}, 'benchmark', 'order.created', 'Order ' || n from generate_series(1, ${Math.ceil(rows * 0.08)}) as n;
    analyze customers, products, orders, order_lines, order_events, activity`)
}
