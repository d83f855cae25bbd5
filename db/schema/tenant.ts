import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { tenantTable } from '@rowhouse/tenancy/schema'

// The tables of every tenant. Their names have no schema: the connection's search_path resolves
// them. Every key, foreign key and index starts with tenant_id. Searched
// columns have types with leakproof operators: text, uuid, bigint, timestamptz.

// millisecond precision, as in JavaScript, so that a cursor holds exactly the value in the index
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 })
const tenantId = () => uuid('tenant_id').notNull()
const id = () => uuid().notNull()
const now = sql`now()`

export const orderStatuses = [
  'draft',
  'placed',
  'paid',
  'shipped',
  'delivered',
  'cancelled',
] as const
export type OrderStatus = (typeof orderStatuses)[number]

export const customers = pgTable(
  'customers',
  {
    tenantId: tenantId(),
    id: id(),
    name: text().notNull(),
    email: text().notNull().default(''),
    phone: text().notNull().default(''),
    address: text().notNull().default(''),
    note: text().notNull().default(''),
    search: text()
      .notNull()
      .generatedAlwaysAs(sql`lower(name || ' ' || email)`),
    version: integer().notNull().default(1),
    archivedAt: at('archived_at'),
    createdAt: at('created_at').notNull().default(now),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('customers_name').on(t.tenantId, t.name, t.id),
    index('customers_search').on(t.tenantId, t.search, t.id),
    check(
      'customers_lengths',
      sql`length(${t.name}) between 1 and 200 and length(${t.email}) <= 254 and length(${t.phone}) <= 40 and length(${t.address}) <= 500 and length(${t.note}) <= 2000`,
    ),
  ],
)
tenantTable(customers, {
  retention: { never: 'orders refer to them; archive those you no longer serve' },
})

export const products = pgTable(
  'products',
  {
    tenantId: tenantId(),
    id: id(),
    sku: text().notNull(),
    name: text().notNull(),
    priceMinor: bigint('price_minor', { mode: 'number' }).notNull(),
    version: integer().notNull().default(1),
    archivedAt: at('archived_at'),
    createdAt: at('created_at').notNull().default(now),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('products_sku').on(t.tenantId, t.sku),
    index('products_name').on(t.tenantId, t.name, t.id),
    check(
      'products_lengths',
      sql`length(${t.sku}) between 1 and 64 and length(${t.name}) between 1 and 200`,
    ),
    check('products_price', sql`${t.priceMinor} between 0 and 100000000000`),
  ],
)
tenantTable(products, {
  retention: { never: 'orders refer to them; archive those you no longer sell' },
})

/** Counters of a tenant. `order_number` is the only one so far. */
export const counters = pgTable(
  'counters',
  {
    tenantId: tenantId(),
    name: text().notNull(),
    value: bigint({ mode: 'number' }).notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.name] })],
)
tenantTable(counters, { retention: { never: 'order numbers go on from here' } })

export const orders = pgTable(
  'orders',
  {
    tenantId: tenantId(),
    id: id(),
    number: bigint({ mode: 'number' }).notNull(),
    customerId: uuid('customer_id').notNull(),
    status: text({ enum: orderStatuses }).notNull().default('draft'),
    totalMinor: bigint('total_minor', { mode: 'number' }).notNull().default(0),
    note: text().notNull().default(''),
    version: integer().notNull().default(1),
    placedAt: at('placed_at').notNull().default(now),
    updatedAt: at('updated_at').notNull().default(now),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('orders_number').on(t.tenantId, t.number),
    index('orders_placed').on(t.tenantId, t.placedAt, t.id),
    index('orders_status').on(t.tenantId, t.status, t.placedAt, t.id),
    index('orders_customer').on(t.tenantId, t.customerId, t.placedAt, t.id),
    index('orders_total').on(t.tenantId, t.totalMinor, t.id),
    // the dashboard's metrics are read from this index alone
    index('orders_metrics').on(t.tenantId, t.placedAt, t.status, t.totalMinor),
    index('orders_noted')
      .on(t.tenantId, t.placedAt, t.id)
      .where(sql`${t.note} <> ''`),
    foreignKey({
      name: 'orders_customer_fk',
      columns: [t.tenantId, t.customerId],
      foreignColumns: [customers.tenantId, customers.id],
    }),
    check(
      'orders_status_known',
      sql`${t.status} in ('draft', 'placed', 'paid', 'shipped', 'delivered', 'cancelled')`,
    ),
    check('orders_note', sql`length(${t.note}) <= 2000`),
  ],
)
tenantTable(orders, { retention: { by: 'placedAt' } })

export const orderLines = pgTable(
  'order_lines',
  {
    tenantId: tenantId(),
    id: id(),
    orderId: uuid('order_id').notNull(),
    position: integer().notNull(),
    productId: uuid('product_id').notNull(),
    description: text().notNull(),
    quantity: integer().notNull(),
    unitPriceMinor: bigint('unit_price_minor', { mode: 'number' }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('order_lines_order').on(t.tenantId, t.orderId, t.position),
    index('order_lines_product').on(t.tenantId, t.productId),
    foreignKey({
      name: 'order_lines_order_fk',
      columns: [t.tenantId, t.orderId],
      foreignColumns: [orders.tenantId, orders.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'order_lines_product_fk',
      columns: [t.tenantId, t.productId],
      foreignColumns: [products.tenantId, products.id],
    }),
    check('order_lines_quantity', sql`${t.quantity} between 1 and 100000`),
    check('order_lines_price', sql`${t.unitPriceMinor} between 0 and 100000000000`),
  ],
)
tenantTable(orderLines, { retention: { never: 'they go with their order' } })

/** The status history of an order. */
export const orderEvents = pgTable(
  'order_events',
  {
    tenantId: tenantId(),
    id: id(),
    orderId: uuid('order_id').notNull(),
    at: at('at').notNull().default(now),
    actor: text().notNull(),
    fromStatus: text('from_status', { enum: orderStatuses }),
    toStatus: text('to_status', { enum: orderStatuses }).notNull(),
    reason: text().notNull().default(''),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('order_events_order').on(t.tenantId, t.orderId, t.at),
    check('order_events_reason', sql`length(${t.reason}) <= 500`),
    foreignKey({
      name: 'order_events_order_fk',
      columns: [t.tenantId, t.orderId],
      foreignColumns: [orders.tenantId, orders.id],
    }).onDelete('cascade'),
  ],
)
tenantTable(orderEvents, { retention: { by: 'at' } })

/** The tenant's own activity log, which includes what operators do in the tenant. */
export const activity = pgTable(
  'activity',
  {
    tenantId: tenantId(),
    id: id(),
    at: at('at').notNull().default(now),
    actorId: uuid('actor_id'),
    actor: text().notNull(),
    action: text().notNull(),
    subject: text().notNull(),
    subjectId: uuid('subject_id'),
    detail: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('activity_at').on(t.tenantId, t.at, t.id),
    index('activity_subject').on(t.tenantId, t.subjectId, t.at),
  ],
)
tenantTable(activity, { retention: { by: 'at' }, formerNames: { action: ['deed'] } })
