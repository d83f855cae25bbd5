import { eq, sql } from 'drizzle-orm'
import { type TenantTx, newId } from '@rowhouse/tenancy'
import {
  counters,
  customers,
  orderEvents,
  orderLines,
  orders,
  products,
  type OrderStatus,
} from '#db/schema/tenant'
import type { Story } from '#db/product/stories'

const day = 86_400_000
const path: OrderStatus[] = ['placed', 'paid', 'shipped', 'delivered']

/**
 * A random number generator (mulberry32): the same numbers from 0 to 1 in every run with one seed.
 */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * What the rows of one sample share. `random` and `pick` depend on the order in which rows are
 * made.
 */
type Sample = {
  tenantId: string
  count: number
  start: number
  now: Date
  random: () => number
  pick: <T>(list: readonly T[]) => T
}
type SampleCustomer = ReturnType<typeof sampleCustomers>[number]
type SampleProduct = ReturnType<typeof sampleProducts>[number]

/**
 * Fills an empty tenant with customers, products and `count` orders with lines and histories, placed
 * over the year before `now`.
 *
 * @returns False, without a change, when the tenant has customers.
 */
export async function fillWithSample(
  tx: TenantTx,
  story: Story,
  count: number,
  now = new Date(),
  seed = 7,
): Promise<boolean> {
  const { tenantId } = tx
  const [known] = await tx
    .select({ id: customers.id })
    .from(customers)
    .where(eq(customers.tenantId, tenantId))
    .limit(1)
  if (known) return false
  const random = seededRandom(seed)
  const sample: Sample = {
    tenantId,
    count,
    start: now.getTime() - 365 * day,
    now,
    random,
    pick: <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T,
  }
  const people = sampleCustomers(sample, story)
  const goods = sampleProducts(sample, story)
  await tx.insert(customers).values(people)
  await tx.insert(products).values(goods)

  const made = Array.from({ length: count }, (_, i) => sampleOrder(sample, i, people, goods))
  for (const part of chunks(made, 400)) {
    await tx.insert(orders).values(part.map((one) => one.order))
    await tx.insert(orderLines).values(part.flatMap((one) => one.lines))
    await tx.insert(orderEvents).values(part.flatMap((one) => one.events))
  }
  await tx
    .insert(counters)
    .values({ tenantId, name: 'order_number', value: 1000 + count })
    .onConflictDoUpdate({
      target: [counters.tenantId, counters.name],
      set: { value: sql`excluded.value` },
    })
  return true
}

const sampleCustomers = ({ tenantId, start, pick }: Sample, story: Story) =>
  story.customers.map((name, i) => ({
    tenantId,
    id: newId(start + i),
    name,
    address: pick(story.streets),
    phone: `+44 20 7946 0${100 + i}`,
    createdAt: new Date(start),
    email: `orders@${name
      .normalize('NFD')
      .replace(/[^a-zA-Z0-9]/g, '')
      .toLowerCase()}.${story.domain}`,
  }))

const sampleProducts = ({ tenantId, start }: Sample, story: Story) =>
  story.products.map(([sku, name, priceMinor], i) => ({
    tenantId,
    id: newId(start + i),
    sku,
    name,
    priceMinor,
    createdAt: new Date(start),
  }))

function sampleOrder(sample: Sample, i: number, people: SampleCustomer[], goods: SampleProduct[]) {
  const { tenantId, count, start, random, pick } = sample
  // the business grows: later orders are closer together
  const placed = start + 365 * day * Math.sqrt((i + random() * 0.6) / count)
  const id = newId(Math.floor(placed))
  const lines = sampleLines(sample, id, placed, goods)
  const events = sampleEvents(sample, id, placed)
  return {
    lines,
    events,
    order: {
      tenantId,
      id,
      number: 1001 + i,
      customerId: pick(people).id,
      status: events.at(-1)?.toStatus ?? 'placed',
      totalMinor: lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0),
      note: random() < 0.15 ? 'Please ring before delivery' : '',
      placedAt: new Date(placed),
      updatedAt: events.at(-1)?.at ?? new Date(placed),
    },
  }
}

const sampleLines = (
  { tenantId, random, pick }: Sample,
  orderId: string,
  placed: number,
  goods: SampleProduct[],
) =>
  Array.from({ length: 1 + Math.floor(random() ** 2 * 5) }, (_, position) => {
    const item = pick(goods)
    return {
      tenantId,
      id: newId(Math.floor(placed)),
      orderId,
      position: position + 1,
      productId: item.id,
      description: item.name,
      quantity: 1 + Math.floor(random() ** 3 * 24),
      unitPriceMinor: item.priceMinor,
    }
  })

/** The status history of an order. The older the order, the further it got. */
function sampleEvents({ tenantId, now, random }: Sample, orderId: string, placed: number) {
  const age = (now.getTime() - placed) / day
  const reached: OrderStatus[] =
    random() < 0.05
      ? ['placed', 'cancelled']
      : path.slice(0, 1 + Math.min(3, Math.floor(age * (0.3 + random()))))
  return reached.map((toStatus, step) => ({
    tenantId,
    id: newId(Math.floor(placed) + step),
    orderId,
    at: new Date(Math.min(now.getTime(), placed + step * day * (0.4 + random()))),
    actor: 'Sample data',
    fromStatus: reached[step - 1] ?? null,
    toStatus,
    reason: toStatus === 'cancelled' ? 'Ordered twice' : '',
  }))
}

const chunks = <T>(list: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  )
