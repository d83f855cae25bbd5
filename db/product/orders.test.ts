import { beforeAll, expect, it } from 'vitest'
import * as activity from '#db/activity/activity'
import * as customers from '#db/product/customers'
import { withTenant } from '#db/tenancy'
import { type TenantTx, Invalid, NotFound, newId, parseCursor } from '@rowhouse/tenancy'
import { Conflict } from '#db/errors'
import { createTestTenants, type TestTenant } from '#db/isolation/testing/test-tenants'
import { everyOrder, list, type OrderView } from '#db/product/order-list'
import * as orders from '#db/product/orders'
import * as products from '#db/product/products'

let own: TestTenant
let other: TestTenant
const inside = <T>(work: (tx: TenantTx) => Promise<T>, who = own) => withTenant(who.owner, work)
const newest: OrderView = { sort: 'placed', descending: true, size: 10, cursor: null }

beforeAll(async () => {
  const { shared } = await createTestTenants(['shared'], 60)
  ;[own, other] = shared
})

async function anOrder(): Promise<orders.OrderInput> {
  const [[customer], [product]] = await inside((tx) =>
    Promise.all([customers.pick(tx, ''), products.pick(tx, '')]),
  )
  if (!customer || !product) throw new Error('the sample data has no customer or no product')
  return {
    customerId: customer.id,
    note: '',
    lines: [{ productId: product.id, quantity: 2, unitPriceMinor: 1234 }],
  }
}

const make = async (status: 'draft' | 'placed' = 'placed') => {
  const input = await anOrder()
  return inside((tx) => orders.create(tx, input, status))
}
const found = async (id: string) => {
  const order = await inside((tx) => orders.find(tx, id))
  if (!order) throw new Error(`order ${id} was not found`)
  return order
}

it('numbers are consecutive per tenant, so two tenants can have the same number', async () => {
  const [first, second] = [await make(), await make()]
  expect(second.number).toBe(first.number + 1)
  const theirs = await inside((tx) => list(tx, { ...everyOrder, search: '1001' }, newest), other)
  expect(theirs.rows.map(({ number }) => number)).toContain(1001)
})

it('twenty concurrent orders get twenty numbers', async () => {
  const input = await anOrder()
  const made = await Promise.all(
    Array.from({ length: 20 }, () => inside((tx) => orders.create(tx, input, 'placed'))),
  )
  expect(new Set(made.map(({ number }) => number)).size).toBe(20)
})

it('creating an order also writes its history and the activity', async () => {
  const { id } = await make()
  const order = await found(id)
  expect(order).toMatchObject({ status: 'placed', totalMinor: 2468, version: 1 })
  expect(order.events.map(({ toStatus }) => toStatus)).toEqual(['placed'])
  expect(await inside((tx) => activity.about(tx, id))).toMatchObject([
    { action: 'order.created', actor: 'test' },
  ])
})

it('the second of two editors gets a conflict, and none of their changes are saved', async () => {
  const { id } = await make()
  const input = await anOrder()
  await inside((tx) => orders.edit(tx, id, 1, { ...input, note: 'first' }))
  await expect(
    inside((tx) => orders.edit(tx, id, 1, { ...input, note: 'second' })),
  ).rejects.toMatchObject({ yours: 1, theirs: 2 } satisfies Partial<Conflict>)
  expect(await found(id)).toMatchObject({ note: 'first', version: 2 })
})

it('a status changes only as the table of transitions allows; a cancelled order stays cancelled', async () => {
  const { id } = await make('draft')
  await expect(inside((tx) => orders.setStatus(tx, id, 1, 'shipped'))).rejects.toBeInstanceOf(
    Invalid,
  )
  await inside((tx) => orders.setStatus(tx, id, 1, 'placed'))
  await inside((tx) => orders.setStatus(tx, id, 2, 'cancelled', 'Ordered twice'))
  await expect(inside((tx) => orders.setStatus(tx, id, 3, 'placed'))).rejects.toBeInstanceOf(
    Invalid,
  )
  expect((await found(id)).events.map(({ toStatus, reason }) => [toStatus, reason])).toEqual([
    ['draft', ''],
    ['placed', ''],
    ['cancelled', 'Ordered twice'],
  ])
})

it('a bulk change skips orders whose status does not allow it, and orders of other tenants', async () => {
  const [placed, draft] = [await make('placed'), await make('draft')]
  const [theirs] = (await inside((tx) => list(tx, everyOrder, newest), other)).rows
  const outcome = await inside((tx) =>
    orders.setStatusOfMany(tx, [placed.id, draft.id, theirs?.id ?? '', newId()], 'paid'),
  )
  expect(outcome).toEqual({ changed: 1, left: 3 })
  expect((await found(draft.id)).status).toBe('draft')
  await inside((tx) => orders.setStatusOfMany(tx, [placed.id], 'cancelled', 'Out of stock'))
  expect((await found(placed.id)).events.at(-1)).toMatchObject({
    fromStatus: 'paid',
    toStatus: 'cancelled',
    reason: 'Out of stock',
  })
})

it('a duplicate is a draft with the same lines', async () => {
  const { id } = await make()
  const copy = await inside((tx) => orders.duplicate(tx, id))
  expect(await found(copy.id)).toMatchObject({ status: 'draft', totalMinor: 2468 })
})

it('an existing line keeps its description when its product is renamed or archived; a new line takes the current name, or is refused if the product is archived', async () => {
  const [oak, elm] = await Promise.all(
    ['Oak', 'Elm'].map((name) =>
      inside((tx) =>
        products.create(tx, { sku: `${name}-1`, name: `${name} table`, priceMinor: 100 }),
      ),
    ),
  )
  const line = (product = oak) => ({
    productId: product?.id ?? '',
    quantity: 1,
    unitPriceMinor: 100,
  })
  const input = { ...(await anOrder()), lines: [line()] }
  const { id } = await inside((tx) => orders.create(tx, input, 'placed'))
  await inside((tx) =>
    products.edit(tx, oak?.id ?? '', 1, { sku: 'Oak-2', name: 'Oak desk', priceMinor: 100 }),
  )
  await inside((tx) => products.archive(tx, oak?.id ?? '', true))
  await inside((tx) =>
    orders.edit(tx, id, 1, { ...input, lines: [line(elm), { ...line(), quantity: 3 }] }),
  )
  expect((await found(id)).lines).toMatchObject([
    { description: 'Elm table', quantity: 1 },
    { description: 'Oak table', quantity: 3 },
  ])
  const archived = (i: number) => ({
    field: `lines.${i}.productId`,
    message: 'Oak desk is archived. Restore this product, or choose another.',
  })
  await expect(
    inside((tx) => orders.edit(tx, id, 2, { ...input, lines: [line(), line()] })),
  ).rejects.toMatchObject(archived(1))
  await expect(inside((tx) => orders.create(tx, input, 'draft'))).rejects.toMatchObject(archived(0))
  await expect(inside((tx) => orders.duplicate(tx, id))).rejects.toMatchObject(archived(1))
  await inside((tx) => products.archive(tx, oak?.id ?? '', false))
  await inside((tx) => orders.edit(tx, id, 2, { ...input, lines: [line(), line()] }))
  expect((await found(id)).lines.map(({ description }) => description)).toEqual([
    'Oak table',
    'Oak desk',
  ])
})

it('an order keeps its archived customer; other orders cannot be assigned to them', async () => {
  const input = await anOrder()
  const [kept, late] = await Promise.all(
    ['Kept', 'Late'].map((name) =>
      inside((tx) => customers.create(tx, { name, email: '', phone: '', address: '', note: '' })),
    ),
  )
  const by = (customer = kept) => ({ ...input, customerId: customer?.id ?? '' })
  const { id } = await inside((tx) => orders.create(tx, by(), 'placed'))
  for (const customer of [kept, late])
    await inside((tx) => customers.archive(tx, customer?.id ?? '', true))
  await inside((tx) => orders.edit(tx, id, 1, { ...by(), note: 'edited' }))
  await expect(inside((tx) => orders.edit(tx, id, 2, by(late)))).rejects.toMatchObject({
    field: 'customerId',
    message: 'Late is archived. Restore this customer, or choose another.',
  })
  await expect(inside((tx) => orders.create(tx, by(), 'placed'))).rejects.toMatchObject({
    field: 'customerId',
  })
})

it('orders and customers of another tenant are treated as nonexistent', async () => {
  const [theirs] = (await inside((tx) => list(tx, everyOrder, newest), other)).rows
  if (!theirs) throw new Error('the neighbour has no orders')
  const input = await anOrder()
  expect(await inside((tx) => orders.find(tx, theirs.id))).toBeNull()
  for (const action of [
    orders.duplicate,
    (tx: TenantTx, id: string) => orders.setStatus(tx, id, 1, 'paid'),
    (tx: TenantTx, id: string) => orders.edit(tx, id, 1, input),
  ]) {
    const [foreign, unknown] = await Promise.all(
      [theirs.id, newId()].map((id) =>
        inside((tx) => action(tx, id)).catch((error: Error) => error),
      ),
    )
    expect(foreign).toBeInstanceOf(NotFound)
    expect(foreign).toEqual(unknown)
  }
  const [foreign, unknown] = await Promise.all(
    [theirs.customerId, newId()].map((customerId) =>
      inside((tx) => orders.create(tx, { ...input, customerId }, 'placed')).catch(
        (error: Error) => error,
      ),
    ),
  )
  expect(foreign).toBeInstanceOf(Invalid)
  expect(foreign).toEqual(unknown)
})

it.each([
  ['placed', true],
  ['placed', false],
  ['number', true],
  ['total', true],
  ['total', false],
] as const)(
  'pages by %s (descending: %s) show each order once, forwards and backwards',
  async (sort, descending) => {
    const view: OrderView = { sort, descending, size: 7, cursor: null }
    const whole = await inside((tx) => list(tx, everyOrder, { ...view, size: 1000 }))
    const seen: string[] = []
    let page = await inside((tx) => list(tx, everyOrder, view))
    for (;;) {
      seen.push(...page.rows.map(({ id }) => id))
      if (!page.next) break
      const cursor = parseCursor(page.next, false)
      page = await inside((tx) => list(tx, everyOrder, { ...view, cursor }))
    }
    expect(seen).toEqual(whole.rows.map(({ id }) => id))
    const back = await inside((tx) =>
      list(tx, everyOrder, { ...view, cursor: parseCursor(page.previous ?? undefined, true) }),
    )
    expect(back.rows.map(({ id }) => id)).toEqual(
      seen.slice(-page.rows.length - 7, -page.rows.length),
    )
  },
)

it('a search by number, customer or note returns each order once', async () => {
  const input = await anOrder()
  const { id, number } = await inside((tx) =>
    orders.create(tx, { ...input, note: `Zeppelin ${newId()}` }, 'placed'),
  )
  for (const search of ['zeppelin', String(number), `#${number}`]) {
    const { rows } = await inside((tx) => list(tx, { ...everyOrder, search }, newest))
    expect(rows.map((row) => row.id)).toContain(id)
  }
  const { rows } = await inside((tx) =>
    list(tx, { ...everyOrder, search: 'canary' }, { ...newest, size: 500 }),
  )
  expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length)
})
