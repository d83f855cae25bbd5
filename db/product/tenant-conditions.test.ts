import { afterAll, beforeAll, expect, test } from 'vitest'
import * as customers from '#db/product/customers'
import { everyOrder, list, oldestOpen } from '#db/product/order-list'
import * as orders from '#db/product/orders'
import * as products from '#db/product/products'
import { declarationsOf } from '@rowhouse/tenancy/schema'
import { closePools, NotFound, type TenantTx } from '@rowhouse/tenancy'
import { withConnection } from '@rowhouse/tenancy/admin'
import { env } from '#db/env'
import { createTestTenants, type TestTenant } from '#db/isolation/testing/test-tenants'
import * as tenantSchema from '#db/schema/tenant'
import { tenancy, withTenant } from '#db/tenancy'

// Row-level security hides a missing condition. So this file's database has none, and the conditions
// of the queries have to keep the tenants apart alone.

let own: TestTenant
let other: TestTenant
let theirs: { order: string; customer: string; product: string }
const inside = <T>(work: (tx: TenantTx) => Promise<T>, who = own) => withTenant(who.owner, work)
const asAdmin = (text: string) =>
  withConnection(env().DATABASE_URL ?? '', (client) => client.query(text))

beforeAll(async () => {
  const { shared } = await createTestTenants(['shared'], 20)
  ;[own, other] = shared
  theirs = await inside(async (tx) => {
    const [customer] = await customers.pick(tx, '')
    const [product] = await products.pick(tx, '')
    const lines = [{ productId: product?.id ?? '', quantity: 1, unitPriceMinor: 1 }]
    const input = { customerId: customer?.id ?? '', note: '', lines }
    const { id } = await orders.create(tx, input, 'placed')
    return { order: id, customer: input.customerId, product: product?.id ?? '' }
  }, other)
  for (const { name } of declarationsOf([tenantSchema]).tenant)
    await asAdmin(`alter table shared.${name} disable row level security`)
})
afterAll(() => closePools(tenancy()))

const newest = { sort: 'placed', descending: true, size: 100, cursor: null } as const
const order = () => ({
  customerId: theirs.customer,
  note: '',
  lines: [{ productId: theirs.product, quantity: 1, unitPriceMinor: 1 }],
})

test('without policies a query without a condition does see other tenants', async () => {
  const rows = await inside((tx) => tx.select().from(tenantSchema.orders))
  expect(rows.some(({ tenantId }) => tenantId === other.id)).toBe(true)
})

test('lists and pickers contain no row of another tenant', async () => {
  const [found, open, people, goods] = await inside(async (tx) => [
    await list(tx, everyOrder, newest),
    await oldestOpen(tx),
    await customers.pick(tx, ''),
    await products.pick(tx, ''),
  ])
  expect(found.rows.length).toBeGreaterThan(0)
  expect(JSON.stringify([found, open, people, goods])).not.toContain(other.mark)
  expect(found.rows.map(({ id }) => id)).not.toContain(theirs.order)
  expect(open.map(({ id }) => id)).not.toContain(theirs.order)
})

test('rows of another tenant are not found by their ids', async () => {
  expect(await inside((tx) => orders.find(tx, theirs.order))).toBeNull()
  expect(await inside((tx) => customers.find(tx, theirs.customer))).toBeNull()
  expect(await inside((tx) => products.find(tx, theirs.product))).toBeNull()
})

test('orders of another tenant cannot be changed, alone or with others', async () => {
  const before = await inside((tx) => orders.find(tx, theirs.order), other)
  await expect(inside((tx) => orders.edit(tx, theirs.order, 1, order()))).rejects.toThrow(NotFound)
  await expect(inside((tx) => orders.duplicate(tx, theirs.order))).rejects.toThrow(NotFound)
  await expect(inside((tx) => orders.setStatus(tx, theirs.order, 1, 'cancelled'))).rejects.toThrow(
    NotFound,
  )
  expect(await inside((tx) => orders.setStatusOfMany(tx, [theirs.order], 'cancelled'))).toEqual({
    changed: 0,
    left: 1,
  })
  expect(await inside((tx) => orders.find(tx, theirs.order), other)).toEqual(before)
})

test('an order cannot be placed for a customer or product of another tenant', async () => {
  await expect(inside((tx) => orders.create(tx, order(), 'draft'))).rejects.toMatchObject({
    field: 'customerId',
  })
  const [mine] = await inside((tx) => customers.pick(tx, ''))
  const mixed = { ...order(), customerId: mine?.id ?? '' }
  await expect(inside((tx) => orders.create(tx, mixed, 'draft'))).rejects.toMatchObject({
    field: 'lines.0.productId',
  })
})
