import { and, asc, eq, sql } from 'drizzle-orm'
import * as activity from '#db/activity/activity'
import {
  type TenantTx,
  NotFound,
  newId,
  beyond,
  orderBy,
  page,
  type Cursor,
  type Page,
} from '@rowhouse/tenancy'
import { Conflict } from '#db/errors'
import { isArchived } from '#db/product/archived'
import { soldStatuses } from '#db/product/order-status'
import { customers, orders } from '#db/schema/tenant'

export type CustomerInput = {
  name: string
  email: string
  phone: string
  address: string
  note: string
}
export type Customer = typeof customers.$inferSelect
export type CustomerFilter = {
  search: string
  archived: boolean
  size: number
  cursor: Cursor | null
}

const ordering = { by: customers.name, id: customers.id, descending: false }
const own = (tx: TenantTx, id: string) =>
  and(eq(customers.tenantId, tx.tenantId), eq(customers.id, id))
const containing = (search: string) =>
  search
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => sql`strpos(${customers.search}, ${word}) > 0`)

export async function list(tx: TenantTx, filter: CustomerFilter): Promise<Page<Customer>> {
  const rows = await tx
    .select()
    .from(customers)
    .where(
      and(
        eq(customers.tenantId, tx.tenantId),
        isArchived(customers.archivedAt, filter.archived),
        ...containing(filter.search),
        beyond(ordering, filter.cursor),
      ),
    )
    .orderBy(...orderBy(ordering, filter.cursor))
    .limit(filter.size + 1)
  return page(rows, filter.size, filter.cursor, (row) => row.name)
}

/** The first eight customers whose name or email contains every word, for a picker. */
export const pick = (tx: TenantTx, search: string) =>
  tx
    .select({ id: customers.id, name: customers.name, email: customers.email })
    .from(customers)
    .where(
      and(
        eq(customers.tenantId, tx.tenantId),
        isArchived(customers.archivedAt, false),
        ...containing(search),
      ),
    )
    .orderBy(asc(customers.name))
    .limit(8)

export async function find(tx: TenantTx, id: string): Promise<Customer | null> {
  const [found] = await tx.select().from(customers).where(own(tx, id))
  return found ?? null
}

/** The number and total of a customer's orders, without drafts and cancelled orders. */
export async function salesTo(
  tx: TenantTx,
  id: string,
): Promise<{ orders: number; totalMinor: number }> {
  const [sums] = await tx
    .select({
      orders: sql<number>`count(*)`.mapWith(Number),
      totalMinor: sql<number>`coalesce(sum(${orders.totalMinor}), 0)`.mapWith(Number),
    })
    .from(orders)
    .where(
      and(
        eq(orders.tenantId, tx.tenantId),
        eq(orders.customerId, id),
        sql`${orders.status} in ${soldStatuses}`,
      ),
    )
  return sums ?? { orders: 0, totalMinor: 0 }
}

export async function create(
  tx: TenantTx,
  input: CustomerInput,
): Promise<{ id: string; name: string }> {
  const id = newId()
  await tx.insert(customers).values({ ...input, tenantId: tx.tenantId, id })
  await activity.record(tx, 'customer.created', { name: input.name, id })
  return { id, name: input.name }
}

/**
 * Saves an edited customer.
 *
 * @param version - The version that was edited.
 * @throws NotFound; Conflict when the customer has a newer version.
 */
export async function edit(
  tx: TenantTx,
  id: string,
  version: number,
  input: CustomerInput,
): Promise<{ id: string; name: string }> {
  const current = await locked(tx, id)
  if (current.version !== version) throw new Conflict(current.name, version, current.version)
  await tx
    .update(customers)
    .set({ ...input, version: version + 1 })
    .where(own(tx, id))
  await activity.record(tx, 'customer.edited', { name: input.name, id })
  return { id, name: input.name }
}

/**
 * Archives or restores a customer. Archived customers keep their orders and cannot get new ones.
 */
export async function archive(
  tx: TenantTx,
  id: string,
  archived: boolean,
): Promise<{ id: string; name: string }> {
  const { name } = await locked(tx, id)
  await tx
    .update(customers)
    .set({ archivedAt: archived ? sql`now()` : null, version: sql`${customers.version} + 1` })
    .where(own(tx, id))
  await activity.record(tx, archived ? 'customer.archived' : 'customer.restored', { name, id })
  return { id, name }
}

async function locked(tx: TenantTx, id: string): Promise<Customer> {
  const [current] = await tx.select().from(customers).where(own(tx, id)).for('update')
  if (!current) throw new NotFound('this customer')
  return current
}
