import { beforeAll, expect, it } from 'vitest'
import { TenantNotFound } from '@rowhouse/tenancy'
import { withConnection } from '@rowhouse/tenancy/admin'
import { runDataStep } from '@rowhouse/tenancy/migrations'
import { makeFleet, type FleetTenant } from '@rowhouse/tenancy/testing'
import { run as stepCommand } from '#db/cli/fleet/step'
import { recountOrders } from '#db/product/recount-orders'
import { inTenant } from '#db/testing/tenant-rows'
import { tenancy } from '#db/tenancy'

const adminUrl = process.env.DATABASE_URL ?? ''
let tenant: FleetTenant
beforeAll(async () => {
  const [made] = await makeFleet(tenancy(), adminUrl, 2)
  if (!made) throw new Error('the tenant was not created')
  tenant = made
})

const totals = async () =>
  withConnection(
    adminUrl,
    async (client) =>
      (
        await client.query(
          `select total_minor::int as total, count(*)::int as orders from ${tenant.schema}.orders group by 1`,
        )
      ).rows,
  )

it('recounts the orders of one tenant', async () => {
  const { id, slug } = tenant
  await inTenant(
    id,
    `
    with c as (insert into customers (tenant_id, id, name) values ('${id}', gen_random_uuid(), 'Ann') returning id)
    insert into orders (tenant_id, id, number, customer_id, total_minor) select '${id}', gen_random_uuid(), n, c.id, 1 from c, generate_series(1, 700) as n`,
  )
  await inTenant(
    id,
    `
    with p as (insert into products (tenant_id, id, sku, name, price_minor) values ('${id}', gen_random_uuid(), 'sku', 'name', 5) returning id)
    insert into order_lines (tenant_id, id, order_id, position, product_id, description, quantity, unit_price_minor)
    select '${id}', gen_random_uuid(), o.id, 1, p.id, '', 3, 5 from orders as o, p`,
  )
  expect(await totals()).toEqual([{ total: 1, orders: 700 }])
  expect(await runDataStep(tenancy(), recountOrders, { tenant: slug })).toMatchObject({
    done: [slug],
    rows: 700,
  })
  expect(await totals()).toEqual([{ total: 15, orders: 700 }])
})

it('runs by name, in the tenants where it has not run yet', async () => {
  expect(await stepCommand({ values: {}, positionals: [recountOrders.name] })).toMatchObject({
    text: 'tenants done: 1; rows changed: 0',
    failed: false,
  })
})

it('an unknown tenant is an error', async () => {
  await expect(
    stepCommand({ values: { tenant: 'nobody' }, positionals: [recountOrders.name] }),
  ).rejects.toSatisfy((error) => TenantNotFound.is(error))
})
