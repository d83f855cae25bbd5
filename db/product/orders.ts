import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import * as activity from '#db/activity/activity'
import { type TenantTx, Invalid, NotFound, newId } from '@rowhouse/tenancy'
import { Conflict } from '#db/errors'
import { maxMinor } from '#db/money'
import { editableStatuses, mayBecome } from '#db/product/order-status'
import {
  counters,
  customers,
  orderEvents,
  orderLines,
  orders,
  products,
  type OrderStatus,
} from '#db/schema/tenant'

export type LineInput = { productId: string; quantity: number; unitPriceMinor: number }
export type OrderInput = { customerId: string; note: string; lines: LineInput[] }
export type Order = typeof orders.$inferSelect & {
  customer: { id: string; name: string; email: string; phone: string; address: string }
  lines: (typeof orderLines.$inferSelect & { sku: string })[]
  events: (typeof orderEvents.$inferSelect)[]
}

/**
 * Reads an order with its lines and history.
 *
 * @returns Null when it does not exist, or belongs to another tenant.
 */
export async function find(tx: TenantTx, id: string): Promise<Order | null> {
  const [[found], lines, events] = await Promise.all([
    tx
      .select({
        order: orders,
        customer: {
          id: customers.id,
          name: customers.name,
          email: customers.email,
          phone: customers.phone,
          address: customers.address,
        },
      })
      .from(orders)
      .innerJoin(
        customers,
        and(eq(customers.tenantId, tx.tenantId), eq(customers.id, orders.customerId)),
      )
      .where(and(eq(orders.tenantId, tx.tenantId), eq(orders.id, id))),
    tx
      .select({ line: orderLines, sku: products.sku })
      .from(orderLines)
      .innerJoin(
        products,
        and(eq(products.tenantId, tx.tenantId), eq(products.id, orderLines.productId)),
      )
      .where(and(eq(orderLines.tenantId, tx.tenantId), eq(orderLines.orderId, id)))
      .orderBy(asc(orderLines.position)),
    tx
      .select()
      .from(orderEvents)
      .where(and(eq(orderEvents.tenantId, tx.tenantId), eq(orderEvents.orderId, id)))
      .orderBy(asc(orderEvents.at), asc(orderEvents.id)),
  ])
  return found
    ? {
        ...found.order,
        customer: found.customer,
        lines: lines.map(({ line, sku }) => ({ ...line, sku })),
        events,
      }
    : null
}

/**
 * Creates an order with the next number.
 *
 * @throws Invalid
 */
export async function create(
  tx: TenantTx,
  input: OrderInput,
  status: 'draft' | 'placed',
): Promise<{ id: string; number: number }> {
  const checked = await check(tx, input)
  const id = newId()
  const number = await nextNumber(tx)
  await tx.insert(orders).values({
    tenantId: tx.tenantId,
    id,
    number,
    customerId: input.customerId,
    note: input.note,
    status,
    totalMinor: checked.totalMinor,
  })
  await tx
    .insert(orderLines)
    .values(
      checked.lines.map((line) => ({ ...line, tenantId: tx.tenantId, id: newId(), orderId: id })),
    )
  await addEvents(tx, [{ orderId: id, fromStatus: null, toStatus: status }])
  await activity.record(tx, 'order.created', subject(id, number), {
    status,
    totalMinor: checked.totalMinor,
  })
  return { id, number }
}

/**
 * Replaces the customer, note and lines of a draft or placed order.
 *
 * @param version - The version that was edited.
 * @throws NotFound, Invalid; Conflict when the order has a newer version.
 */
export async function edit(
  tx: TenantTx,
  id: string,
  version: number,
  input: OrderInput,
): Promise<{ id: string; number: number }> {
  const current = await locked(tx, id)
  if (current.version !== version)
    throw new Conflict(`Order #${current.number}`, version, current.version)
  if (!editableStatuses.includes(current.status))
    throw new Invalid(
      '',
      `Order #${current.number} is ${current.status} and can no longer be edited.`,
    )
  const lines = await tx
    .select({ productId: orderLines.productId, description: orderLines.description })
    .from(orderLines)
    .where(and(eq(orderLines.tenantId, tx.tenantId), eq(orderLines.orderId, id)))
    .orderBy(asc(orderLines.position))
  const checked = await check(tx, input, { customerId: current.customerId, lines })
  await tx
    .delete(orderLines)
    .where(and(eq(orderLines.tenantId, tx.tenantId), eq(orderLines.orderId, id)))
  await tx
    .insert(orderLines)
    .values(
      checked.lines.map((line) => ({ ...line, tenantId: tx.tenantId, id: newId(), orderId: id })),
    )
  await tx
    .update(orders)
    .set({
      customerId: input.customerId,
      note: input.note,
      totalMinor: checked.totalMinor,
      version: version + 1,
      updatedAt: sql`now()`,
    })
    .where(and(eq(orders.tenantId, tx.tenantId), eq(orders.id, id)))
  await activity.record(tx, 'order.edited', subject(id, current.number), {
    totalMinor: { from: current.totalMinor, to: checked.totalMinor },
  })
  return { id, number: current.number }
}

/**
 * Changes the status of an order.
 *
 * @throws NotFound, Conflict, Invalid
 */
export async function setStatus(
  tx: TenantTx,
  id: string,
  version: number,
  to: OrderStatus,
  reason = '',
): Promise<{ id: string; number: number; status: OrderStatus }> {
  const current = await locked(tx, id)
  const { number, status: from } = current
  if (current.version !== version) throw new Conflict(`Order #${number}`, version, current.version)
  if (!mayBecome(from, to))
    throw new Invalid('', `Order #${number} is ${from}; it cannot become ${to}.`)
  await updateStatus(tx, [id], to)
  await addEvents(tx, [{ orderId: id, fromStatus: from, toStatus: to, reason }])
  await activity.record(
    tx,
    to === 'cancelled' ? 'order.cancelled' : 'order.status',
    subject(id, number),
    { from, to, ...(reason && { reason }) },
  )
  return { id, number, status: to }
}

/**
 * Changes the status of several orders. Skips those whose current status does not allow it.
 *
 * @returns How many were changed, and how many were skipped.
 */
export async function setStatusOfMany(
  tx: TenantTx,
  ids: string[],
  to: OrderStatus,
  reason = '',
): Promise<{ changed: number; left: number }> {
  // always locked in the order of their ids, which prevents deadlocks
  const found = await tx
    .select({ id: orders.id, status: orders.status })
    .from(orders)
    .where(and(eq(orders.tenantId, tx.tenantId), inArray(orders.id, ids)))
    .orderBy(asc(orders.id))
    .for('update')
  const changeable = found.filter((order) => mayBecome(order.status, to))
  if (changeable.length > 0) {
    await updateStatus(
      tx,
      changeable.map((order) => order.id),
      to,
    )
    await addEvents(
      tx,
      changeable.map((order) => ({
        orderId: order.id,
        fromStatus: order.status,
        toStatus: to,
        reason,
      })),
    )
    await activity.record(
      tx,
      'orders.status',
      { name: changeable.length === 1 ? '1 order' : `${changeable.length} orders`, id: null },
      { to, orders: changeable.length, ...(reason && { reason }) },
    )
  }
  return { changed: changeable.length, left: new Set(ids).size - changeable.length }
}

/**
 * Creates a draft with the customer, note, lines and prices of an order.
 *
 * @throws NotFound, Invalid
 */
export async function duplicate(tx: TenantTx, id: string): Promise<{ id: string; number: number }> {
  const original = await find(tx, id)
  if (!original) throw new NotFound('this order')
  const lines = original.lines.map(({ productId, quantity, unitPriceMinor }) => ({
    productId,
    quantity,
    unitPriceMinor,
  }))
  return create(tx, { customerId: original.customerId, note: original.note, lines }, 'draft')
}

async function locked(tx: TenantTx, id: string) {
  const [current] = await tx
    .select()
    .from(orders)
    .where(and(eq(orders.tenantId, tx.tenantId), eq(orders.id, id)))
    .for('update')
  if (!current) throw new NotFound('this order')
  return current
}

/**
 * Checks that customer and products exist and are not archived. What the order already has
 * (`before`) is allowed to stay, with its descriptions, even if it was archived or renamed since.
 */
async function check(
  tx: TenantTx,
  { customerId, lines }: OrderInput,
  before: { customerId: string | null; lines: { productId: string; description: string }[] } = {
    customerId: null,
    lines: [],
  },
) {
  const [[customer], goods] = await Promise.all([
    tx
      .select({ name: customers.name, archivedAt: customers.archivedAt })
      .from(customers)
      .where(and(eq(customers.tenantId, tx.tenantId), eq(customers.id, customerId))),
    tx
      .select({ id: products.id, name: products.name, archivedAt: products.archivedAt })
      .from(products)
      .where(
        and(
          eq(products.tenantId, tx.tenantId),
          inArray(
            products.id,
            lines.map((line) => line.productId),
          ),
        ),
      ),
  ])
  if (!customer) throw new Invalid('customerId', 'This customer does not exist.')
  if (customer.archivedAt && customerId !== before.customerId)
    throw new Invalid(
      'customerId',
      `${customer.name} is archived. Restore this customer, or choose another.`,
    )
  const known = new Map(goods.map((product) => [product.id, product]))
  const linesBefore = Map.groupBy(before.lines, ({ productId }) => productId)
  const described = lines.map((line, i) => {
    const product = known.get(line.productId)
    if (!product) throw new Invalid(`lines.${i}.productId`, 'This product does not exist.')
    const description = linesBefore.get(product.id)?.shift()?.description
    if (product.archivedAt && description === undefined)
      throw new Invalid(
        `lines.${i}.productId`,
        `${product.name} is archived. Restore this product, or choose another.`,
      )
    return { ...line, position: i + 1, description: description ?? product.name }
  })
  const totalMinor = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0)
  if (totalMinor > maxMinor) throw new Invalid('lines', 'The total of this order is too large.')
  return { lines: described, totalMinor }
}

/**
 * Locks the counter until the commit, so that numbers have no gaps. Call it as late as possible.
 */
async function nextNumber(tx: TenantTx): Promise<number> {
  const [counter] = await tx
    .insert(counters)
    .values({ tenantId: tx.tenantId, name: 'order_number', value: 1001 })
    .onConflictDoUpdate({
      target: [counters.tenantId, counters.name],
      set: { value: sql`${counters.value} + 1` },
    })
    .returning({ value: counters.value })
  if (!counter) throw new NotFound('the order counter')
  return counter.value
}

const updateStatus = (tx: TenantTx, ids: string[], status: OrderStatus) =>
  tx
    .update(orders)
    .set({ status, version: sql`${orders.version} + 1`, updatedAt: sql`now()` })
    .where(and(eq(orders.tenantId, tx.tenantId), inArray(orders.id, ids)))

const addEvents = (
  tx: TenantTx,
  events: {
    orderId: string
    fromStatus: OrderStatus | null
    toStatus: OrderStatus
    reason?: string
  }[],
) =>
  tx.insert(orderEvents).values(
    events.map((event) => ({
      ...event,
      tenantId: tx.tenantId,
      id: newId(),
      actor: tx.actor.name,
    })),
  )

const subject = (id: string, number: number): activity.Subject => ({ name: `Order #${number}`, id })

/** Whether the tenant has at least one order. */
export async function hasOrders(tx: TenantTx): Promise<boolean> {
  return (
    (
      await tx
        .select({ id: orders.id })
        .from(orders)
        .where(eq(orders.tenantId, tx.tenantId))
        .limit(1)
    ).length > 0
  )
}
