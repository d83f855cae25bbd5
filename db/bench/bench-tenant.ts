import type pg from 'pg'
import { withConnection, createTenant } from '@rowhouse/tenancy/admin'
import { type Caller, platform, tenancy } from '#db/tenancy'
import { newId } from '@rowhouse/tenancy'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'

export type BenchTenant = { id: string; owner: Caller & { kind: 'session' }; email: string }

/**
 * Creates a starter tenant with a signed-in owner. An administrator inserts its orders directly.
 */
export async function createBenchTenant(
  adminUrl: string,
  name: string,
  orders: number,
): Promise<BenchTenant> {
  const email = `${name}@bench.example`
  const user = await users.create(platform(), { email, name, verified: true })
  const { id } = await createTenant(tenancy(), {
    slug: name,
    name,
    ownerId: user.id,
    tier: 'starter',
  })
  await withConnection(adminUrl, (admin) => fillOrders(admin, id, orders))
  const token = await sessions.start(user.id, { device: 'bench', address: '127.0.0.1' })
  return {
    id,
    email,
    owner: { kind: 'session', token, tenantId: id, actor: { id: user.id, name } },
  }
}

/** Inserts a year of orders with one line and one event each, in a few large statements. */
async function fillOrders(admin: pg.Client, tenantId: string, count: number): Promise<void> {
  const [customer, product] = [newId(), newId()]
  await admin.query('begin')
  await admin.query(`set local search_path = shared, pg_temp; set local synchronous_commit = off`)
  await admin.query(
    `insert into customers (tenant_id, id, name) select $1, case n when 1 then $2::uuid else gen_random_uuid() end, 'Customer ' || n from generate_series(1, 200) as n`,
    [tenantId, customer],
  )
  await admin.query(
    `insert into products (tenant_id, id, sku, name, price_minor) values ($1, $2, 'B-1', 'Thing', 1200)`,
    [tenantId, product],
  )
  await admin.query(
    `with people as (select array_agg(id order by id) as ids from customers where tenant_id = $1)
     insert into orders (tenant_id, id, number, customer_id, status, total_minor, placed_at, updated_at)
     select $1, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5($1::text || n), 1, 3) || 'a' || substr(md5(n || $1::text), 1, 15))::uuid,
       1000 + n, ids[1 + n % 200], (array['placed', 'paid', 'shipped', 'delivered', 'delivered', 'delivered', 'cancelled', 'draft'])[1 + n % 8], (n::bigint * 7919) % 250000, at, at
     from generate_series(1, $2::int) as n, people, lateral (select now() - ($2::int - n) * (interval '365 days' / $2::int) as at) as placed`,
    [tenantId, count],
  )
  await admin.query(
    `insert into order_lines (tenant_id, id, order_id, position, product_id, description, quantity, unit_price_minor) select tenant_id, id, id, 1, $2, 'Thing', 1, total_minor from orders where tenant_id = $1`,
    [tenantId, product],
  )
  await admin.query(
    `insert into order_events (tenant_id, id, order_id, at, actor, to_status) select tenant_id, id, id, placed_at, 'Bench', 'placed' from orders where tenant_id = $1`,
    [tenantId],
  )
  await admin.query(
    `insert into counters (tenant_id, name, value) values ($1, 'order_number', $2) on conflict (tenant_id, name) do update set value = excluded.value`,
    [tenantId, 1000 + count],
  )
  await admin.query('commit')
  // autovacuum would do the same after a while
  await admin.query(
    'vacuum analyze shared.customers, shared.products, shared.orders, shared.order_lines, shared.order_events',
  )
}
