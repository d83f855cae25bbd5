import { eq, sql } from 'drizzle-orm'
import type { TenantTx } from '#db/door'
import { newId } from '#db/id'
import {
  counters,
  customers,
  orderEvents,
  orderLines,
  orders,
  products,
  type OrderStatus,
} from '#db/schema/tenant'
import type { Story } from '#db/seed/stories'

const day = 86_400_000
const path: OrderStatus[] = ['placed', 'paid', 'shipped', 'delivered']

/** Numbers from 0 to 1 that are the same in every run for one seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Fills a tenant that has nothing yet with `count` orders over the year before `now`, with
 * customers, products, lines and histories. Returns false, and writes nothing, when there are
 * customers already.
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
  const random = chance(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const start = now.getTime() - 365 * day

  const people = story.customers.map((name, i) => ({
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
  const goods = story.products.map(([sku, name, priceMinor], i) => ({
    tenantId,
    id: newId(start + i),
    sku,
    name,
    priceMinor,
    createdAt: new Date(start),
  }))
  await tx.insert(customers).values(people)
  await tx.insert(products).values(goods)

  const made = Array.from({ length: count }, (_, i) => order(i))
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

  function order(i: number) {
    // a business that grows: later orders stand closer together
    const placed = start + 365 * day * Math.sqrt((i + random() * 0.6) / count)
    const id = newId(Math.floor(placed))
    const lines = Array.from({ length: 1 + Math.floor(random() ** 2 * 5) }, (_, position) => {
      const item = pick(goods)
      return {
        tenantId,
        id: newId(Math.floor(placed)),
        orderId: id,
        position: position + 1,
        productId: item.id,
        description: item.name,
        quantity: 1 + Math.floor(random() ** 3 * 24),
        unitPriceMinor: item.priceMinor,
      }
    })
    const age = (now.getTime() - placed) / day
    const reached: OrderStatus[] =
      random() < 0.05
        ? ['placed', 'cancelled']
        : path.slice(0, 1 + Math.min(3, Math.floor(age * (0.3 + random()))))
    const events = reached.map((toStatus, step) => ({
      tenantId,
      id: newId(Math.floor(placed) + step),
      orderId: id,
      at: new Date(Math.min(now.getTime(), placed + step * day * (0.4 + random()))),
      actor: 'Sample data',
      fromStatus: reached[step - 1] ?? null,
      toStatus,
      reason: toStatus === 'cancelled' ? 'Ordered twice' : '',
    }))
    const status = reached.at(-1) ?? 'placed'
    const totalMinor = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0)
    return {
      lines,
      events,
      order: {
        tenantId,
        id,
        number: 1001 + i,
        customerId: pick(people).id,
        status,
        totalMinor,
        note: random() < 0.15 ? 'Please ring before delivery' : '',
        placedAt: new Date(placed),
        updatedAt: events.at(-1)?.at ?? new Date(placed),
      },
    }
  }
}

const chunks = <T>(list: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  )
