import { z } from 'zod'
import type { Order } from '#db/product/orders'
import type { OrderRow } from '#db/product/order-list'
import { orderStatuses } from '#db/product/order-status'

// The wire format of the API. Requests are parsed with these schemas, and the OpenAPI document is
// generated from them.

/** The schemas that the OpenAPI document lists by name. */
export const namedSchemas = z.registry<{ id: string }>()

const minor = z
  .number()
  .int()
  .min(0)
  .max(100_000_000_000)
  .describe('An amount in the smallest unit of the currency, such as cents.')
const status = z.enum(orderStatuses)
const dateTime = z.iso.datetime({ offset: true })

export const orderInput = z
  .strictObject({
    customerId: z.uuid(),
    note: z.string().max(2000).default(''),
    status: z.enum(['draft', 'placed']).default('placed'),
    lines: z
      .array(
        z.strictObject({
          productId: z.uuid(),
          quantity: z.number().int().min(1).max(100_000),
          unitPriceMinor: minor,
        }),
      )
      .min(1)
      .max(200),
  })
  .register(namedSchemas, { id: 'NewOrder' })

export const orderSummary = z
  .object({
    id: z.uuid(),
    number: z.number().int(),
    status,
    currency: z.string(),
    totalMinor: minor,
    note: z.string(),
    customer: z.object({ id: z.uuid(), name: z.string() }),
    placedAt: dateTime,
    updatedAt: dateTime,
  })
  .register(namedSchemas, { id: 'OrderSummary' })

export const order = orderSummary
  .extend({
    lines: z.array(
      z.object({
        productId: z.uuid(),
        sku: z.string(),
        description: z.string(),
        quantity: z.number().int(),
        unitPriceMinor: minor,
      }),
    ),
    history: z.array(
      z.object({ at: dateTime, from: status.nullable(), to: status, by: z.string() }),
    ),
  })
  .register(namedSchemas, { id: 'Order' })

export const orderPage = z
  .object({
    orders: z.array(orderSummary),
    next: z
      .string()
      .nullable()
      .describe('Pass it as `cursor` for the next page; null on the last one.'),
  })
  .register(namedSchemas, { id: 'OrderPage' })
export const created = z
  .object({ id: z.uuid(), number: z.number().int() })
  .register(namedSchemas, { id: 'CreatedOrder' })
z.object({
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z.record(z.string(), z.string()).optional(),
}).register(namedSchemas, { id: 'Problem' })

export const listQuery = z.strictObject({
  status: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(status))
    .optional()
    .describe('One status, or several separated by commas.'),
  customerId: z.uuid().optional(),
  search: z
    .string()
    .max(100)
    .optional()
    .describe('Words in the order number, the customer’s name or the note.'),
  from: dateTime.optional(),
  until: dateTime.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z.string().max(500).optional(),
})

export const summaryOf = (row: OrderRow, currency: string): z.input<typeof orderSummary> => ({
  id: row.id,
  number: row.number,
  status: row.status,
  currency,
  totalMinor: row.totalMinor,
  note: row.note,
  customer: { id: row.customerId, name: row.customer },
  placedAt: row.placedAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})

export const orderOf = (found: Order, currency: string): z.input<typeof order> => ({
  ...summaryOf({ ...found, customer: found.customer.name, lines: found.lines.length }, currency),
  lines: found.lines.map(({ productId, sku, description, quantity, unitPriceMinor }) => ({
    productId,
    sku,
    description,
    quantity,
    unitPriceMinor,
  })),
  history: found.events.map(({ at, fromStatus, toStatus, actor }) => ({
    at: at.toISOString(),
    from: fromStatus,
    to: toStatus,
    by: actor,
  })),
})
