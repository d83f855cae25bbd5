import { sql } from 'drizzle-orm'
import { beforeAll, expect, it } from 'vitest'
import { run as stepCommand } from '#db/cli/fleet/step'
import { TenantNotFound } from '#db/errors'
import { recountOrders } from '#db/fleet/steps/recount-orders'
import { readSteps, runStep } from '#db/fleet/steps/run'
import type { DataStep } from '#db/fleet/steps/step'
import { makeFleet, type FleetTenant } from '#db/fleet/testing/make-fleet'
import { inTenant, nth, query } from '#db/fleet/testing/tenant-rows'

let fleet: FleetTenant[]
beforeAll(async () => {
  fleet = await makeFleet(process.env.DATABASE_URL ?? '', 3)
  for (const { id } of fleet)
    await inTenant(
      id,
      `insert into products (tenant_id, id, sku, name, price_minor) select '${id}', gen_random_uuid(), 'sku-' || n, 'name', n from generate_series(1, 25) as n`,
    )
})

/** Doubles prices, ten products at a time, each at most once. */
const doubling = (name: string, after?: (tenantId: string, batch: number) => void): DataStep => {
  const batches = new Map<string, number>()
  return {
    name,
    about: 'a test',
    async batch(tx, from) {
      const batch = (batches.get(tx.tenantId) ?? 0) + 1
      batches.set(tx.tenantId, batch)
      const { rows } = await tx.execute<{ sku: string }>(sql`
        with part as (select id, sku from products where sku > ${from ?? ''} order by sku limit 10)
        update products as p set price_minor = price_minor * 2, name = 'doubled' from part where p.id = part.id and p.name <> 'doubled' returning p.sku`)
      after?.(tx.tenantId, batch)
      const last = rows
        .map(({ sku }) => sku)
        .sort()
        .at(-1)
      return { cursor: rows.length === 10 && last !== undefined ? last : null, rows: rows.length }
    },
  }
}

it('goes through every tenant in batches, once', async () => {
  const step = doubling('once')
  expect(await runStep(step, { concurrency: 1 })).toMatchObject({
    done: fleet.map(({ slug }) => slug),
    failed: [],
    rows: 75,
  })
  expect(
    await query(`select sum(price_minor)::int as sum from ${fleet[0]?.schema}.products`),
  ).toEqual([{ sum: 650 }])
  expect(await runStep(step)).toMatchObject({ done: [], rows: 0 })
  expect(await readSteps(['once'])).toEqual([
    { step: 'once', done: 3, begun: 0, failed: 0, rows: 75 },
  ])
})

it('goes on where it was when a batch fails, and the other tenants are not held up', async () => {
  for (const { id } of fleet) await inTenant(id, `update products set name = 'again'`)
  const [unlucky] = fleet
  const failing = doubling('resumed', (tenantId, batch) => {
    if (tenantId === unlucky?.id && batch === 2) throw new Error('the lights went out')
  })
  expect(await runStep(failing, { concurrency: 1 })).toMatchObject({
    done: fleet.slice(1).map(({ slug }) => slug),
    failed: [{ tenant: unlucky?.slug, message: 'the lights went out' }],
    rows: 60,
  })
  expect(
    await query(
      `select cursor is not null as begun, rows::int, problem from platform.data_steps where step = 'resumed' and ended_at is null`,
    ),
  ).toEqual([{ begun: true, rows: 10, problem: 'the lights went out' }])
  expect(await runStep(failing)).toMatchObject({ done: [unlucky?.slug], failed: [], rows: 15 })
  expect(
    await query(`select sum(price_minor)::int as sum from ${unlucky?.schema}.products`),
  ).toEqual([{ sum: 1300 }])
})

it('waits for the migration that it needs', async () => {
  const { failed } = await runStep({ ...doubling('early'), needs: '0000_init' })
  expect(failed).toEqual([])
  await query(`delete from tenancy.applied where migration = '0000_init' and schema = $1`, [
    fleet[2]?.schema,
  ])
  expect(await runStep({ ...doubling('early too'), needs: '0000_init' })).toMatchObject({
    failed: [
      { tenant: fleet[2]?.slug, message: expect.stringContaining('lacks migration 0000_init') },
    ],
  })
})

it('recounts the orders of one tenant', async () => {
  const { id, slug } = nth(fleet, 0)
  await inTenant(
    id,
    `
    with c as (insert into customers (tenant_id, id, name) values ('${id}', gen_random_uuid(), 'Ann') returning id)
    insert into orders (tenant_id, id, number, customer_id, total_minor) select '${id}', gen_random_uuid(), n, c.id, 1 from c, generate_series(1, 700) as n`,
  )
  await inTenant(
    id,
    `insert into order_lines (tenant_id, id, order_id, position, product_id, description, quantity, unit_price_minor)
    select '${id}', gen_random_uuid(), o.id, 1, (select id from products limit 1), '', 3, 5 from orders as o`,
  )
  expect(await runStep(recountOrders, { tenant: slug })).toMatchObject({ done: [slug], rows: 700 })
  expect(
    await query(`select distinct total_minor::int as total from ${fleet[0]?.schema}.orders`),
  ).toEqual([{ total: 15 }])
})

it('a tenant that is not there is an error, not a step with nothing to do', async () => {
  await expect(
    stepCommand({ values: { tenant: 'nobody' }, positionals: [recountOrders.name] }),
  ).rejects.toBeInstanceOf(TenantNotFound)
})
