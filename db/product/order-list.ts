import { and, between, desc, eq, gte, inArray, lt, lte, or, sql, type SQL } from 'drizzle-orm'
import {
  type TenantTx,
  beyond,
  orderBy,
  page,
  type Cursor,
  type Ordering,
  type Page,
} from '@rowhouse/tenancy'
import { openStatuses } from '#db/product/order-status'
import { customers, orderLines, orders, type OrderStatus } from '#db/schema/tenant'

export const sorts = ['placed', 'number', 'total'] as const
export type Sort = (typeof sorts)[number]

export type OrderFilter = {
  search: string
  statuses: OrderStatus[]
  customerId: string | null
  from: Date | null
  until: Date | null
  minTotalMinor: number | null
  maxTotalMinor: number | null
}
export const everyOrder: OrderFilter = {
  search: '',
  statuses: [],
  customerId: null,
  from: null,
  until: null,
  minTotalMinor: null,
  maxTotalMinor: null,
}

export type OrderView = { sort: Sort; descending: boolean; size: number; cursor: Cursor | null }
export type OrderRow = {
  id: string
  number: number
  status: OrderStatus
  totalMinor: number
  note: string
  placedAt: Date
  updatedAt: Date
  customerId: string
  customer: string
  lines: number
}

const columns = { placed: orders.placedAt, number: orders.number, total: orders.totalMinor }
const keys = {
  placed: (row: OrderRow) => row.placedAt,
  number: (row: OrderRow) => row.number,
  total: (row: OrderRow) => row.totalMinor,
}

// Full-text operators are not leakproof, so row-level security would keep them from using an index.
// Searches scan instead, and these limits keep them fast.
const searchedNotes = 20_000
const matchedCustomers = 200

/** A page of the orders that match a filter and, if given, contain every searched word. */
export async function list(
  tx: TenantTx,
  filter: OrderFilter,
  view: OrderView,
): Promise<Page<OrderRow>> {
  const read = (matching?: SQL) => rows(tx, filter, view, matching)
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean)
  const found =
    words.length === 0
      ? await read()
      : merge((await Promise.all((await matches(tx, filter, words)).map(read))).flat(), view)
  return page(found, view.size, view.cursor, keys[view.sort])
}

function rows(
  tx: TenantTx,
  filter: OrderFilter,
  view: OrderView,
  matching: SQL | undefined,
): Promise<OrderRow[]> {
  const ordering: Ordering = { by: columns[view.sort], id: orders.id, descending: view.descending }
  return tx
    .select({
      id: orders.id,
      number: orders.number,
      status: orders.status,
      totalMinor: orders.totalMinor,
      note: orders.note,
      placedAt: orders.placedAt,
      updatedAt: orders.updatedAt,
      customerId: orders.customerId,
      customer: customers.name,
      lines:
        sql<number>`(select count(*) from ${orderLines} where ${orderLines.tenantId} = ${tx.tenantId} and ${orderLines.orderId} = ${orders.id})`.mapWith(
          Number,
        ),
    })
    .from(orders)
    .innerJoin(
      customers,
      and(eq(customers.tenantId, tx.tenantId), eq(customers.id, orders.customerId)),
    )
    .where(
      and(
        eq(orders.tenantId, tx.tenantId),
        ...conditions(filter),
        matching,
        beyond(ordering, view.cursor),
      ),
    )
    .orderBy(...orderBy(ordering, view.cursor))
    .limit(view.size + 1)
}

function conditions(filter: OrderFilter): (SQL | undefined)[] {
  const [only, ...others] = filter.statuses
  return [
    only && others.length === 0
      ? eq(orders.status, only)
      : only && inArray(orders.status, filter.statuses),
    filter.customerId ? eq(orders.customerId, filter.customerId) : undefined,
    filter.from ? gte(orders.placedAt, filter.from) : undefined,
    filter.until ? lt(orders.placedAt, filter.until) : undefined,
    filter.minTotalMinor !== null ? gte(orders.totalMinor, filter.minTotalMinor) : undefined,
    filter.maxTotalMinor !== null ? lte(orders.totalMinor, filter.maxTotalMinor) : undefined,
  ]
}

/**
 * The conditions of a search: by number, by customer and by note. `list` runs one query for each, so
 * that each uses its own index, and merges the pages. Matching customers and the oldest searched note
 * are looked up first, because the index can be used with constants but not with subqueries.
 */
async function matches(tx: TenantTx, filter: OrderFilter, words: string[]): Promise<SQL[]> {
  const hasNote = and(
    eq(orders.tenantId, tx.tenantId),
    sql`${orders.note} <> ''`,
    filter.until ? lt(orders.placedAt, filter.until) : undefined,
  )
  const [matchingCustomers, [oldest]] = await Promise.all([
    tx
      .select({ id: customers.id })
      .from(customers)
      .where(
        and(
          eq(customers.tenantId, tx.tenantId),
          ...words.map((word) => sql`strpos(${customers.search}, ${word}) > 0`),
        ),
      )
      .limit(matchedCustomers),
    tx
      .select({ placedAt: orders.placedAt })
      .from(orders)
      .where(hasNote)
      .orderBy(desc(orders.placedAt))
      .limit(1)
      .offset(searchedNotes),
  ])
  const inNote = and(
    hasNote,
    oldest && gte(orders.placedAt, oldest.placedAt),
    ...words.map((word) => sql`strpos(lower(${orders.note}), ${word}) > 0`),
  )
  const byName =
    matchingCustomers.length > 0
      ? inArray(
          orders.customerId,
          matchingCustomers.map(({ id }) => id),
        )
      : undefined
  return [
    words.length === 1 ? numberCondition(tx, words[0] ?? '') : undefined,
    byName,
    inNote,
  ].filter((condition) => condition !== undefined)
}

/**
 * Matches order numbers by prefix: "104" finds 104, 1040 to 1049, 10400 to 10499, and so on. The ids are
 * read first: without statistics of a shared table, the planner would rather walk all of the orders.
 */
function numberCondition(tx: TenantTx, word: string): SQL | undefined {
  const text = /^#?(\d{1,12})$/.exec(word)?.[1]
  if (!text) return undefined
  const widths = text.length < 3 ? [1] : [1, 10, 100, 1000, 10_000]
  const ranges = or(
    ...widths.map((width) =>
      between(orders.number, Number(text) * width, Number(text) * width + width - 1),
    ),
  )
  return sql`${orders.id} = any (array(select ${orders.id} from ${orders} where ${orders.tenantId} = ${tx.tenantId} and ${ranges}))`
}

function merge(found: OrderRow[], view: OrderView): OrderRow[] {
  const down = view.descending !== (view.cursor?.back ?? false)
  const key = keys[view.sort]
  const unique = [...new Map(found.map((row) => [row.id, row])).values()]
  return unique
    .sort((a, b) => (Number(key(a)) - Number(key(b)) || (a.id < b.id ? -1 : 1)) * (down ? -1 : 1))
    .slice(0, view.size + 1)
}

/** The oldest open orders. Each status is read separately, from its end of the index. */
export async function oldestOpen(tx: TenantTx): Promise<OrderRow[]> {
  const view: OrderView = { sort: 'placed', descending: false, size: 8, cursor: null }
  const found = await Promise.all(
    openStatuses.map((status) => rows(tx, { ...everyOrder, statuses: [status] }, view, undefined)),
  )
  return merge(found.flat(), view).slice(0, view.size)
}
