'use server'

import { z } from 'zod'
import { tenantAction } from '#app/_actions/action'
import { parseAmount } from '#app/_format/parse-amount'
import { amount, id, quantity, requiredText, text, version } from '#app/_actions/field-schemas'
import { Invalid } from '@rowhouse/tenancy'
import { Conflict } from '#db/errors'
import * as orders from '#db/product/orders'
import { orderStatuses } from '#db/product/order-status'

const line = z.strictObject({ productId: id('Choose a product.'), quantity, unitPrice: amount })
const order = z.object({
  customerId: id('Choose a customer.'),
  note: text(2000),
  lines: z
    .array(line, { error: 'Add at least one product.' })
    .min(1, 'Add at least one product.')
    .max(200, 'An order has at most 200 lines.'),
})
const orderId = id('This order does not exist.')
const reasonRequired = 'Say why, for those who look at this order later.'
const status = z.enum(orderStatuses, 'Choose a status.')

const withMinorPrices = (
  { customerId, note, lines }: z.output<typeof order>,
  currency: string,
): orders.OrderInput => ({
  customerId,
  note,
  lines: lines.map(({ unitPrice, ...rest }, i) => ({
    ...rest,
    unitPriceMinor: parseAmount(unitPrice, currency, `lines.${i}.unitPrice`),
  })),
})

export const createOrder = tenantAction(
  order.extend({ status: z.enum(['draft', 'placed']) }),
  (tx, input, tenant) => orders.create(tx, withMinorPrices(input, tenant.currency), input.status),
  { may: 'orders:write', redirectTo: (order) => `/orders/${order.id}` },
)

/** On a conflicting edit, returns the other version, so that the page can show both. */
export const editOrder = tenantAction(
  order.extend({ id: orderId, version }),
  async (tx, input, tenant) => {
    try {
      return {
        saved: true as const,
        ...(await orders.edit(
          tx,
          input.id,
          input.version,
          withMinorPrices(input, tenant.currency),
        )),
      }
    } catch (error) {
      const theirs = Conflict.is(error) ? await orders.find(tx, input.id) : null
      if (!theirs) throw error
      return { saved: false as const, theirs }
    }
  },
  { may: 'orders:write' },
)

export const changeStatus = tenantAction(
  z.object({ id: orderId, version, to: status.exclude(['cancelled', 'draft']) }),
  (tx, input) => orders.setStatus(tx, input.id, input.version, input.to),
  { may: 'orders:write' },
)

export const cancelOrder = tenantAction(
  z.object({ id: orderId, version, reason: requiredText(500, reasonRequired) }),
  (tx, input) => orders.setStatus(tx, input.id, input.version, 'cancelled', input.reason),
  { may: 'orders:write' },
)

export const changeStatusOfMany = tenantAction(
  z.object({
    ids: z
      .array(orderId)
      .min(1, 'Choose at least one order.')
      .max(100, 'Choose at most 100 orders.'),
    to: status.exclude(['draft']),
    reason: text(500).default(''),
  }),
  (tx, { ids, to, reason }) => {
    if (to === 'cancelled' && reason === '') throw new Invalid('reason', reasonRequired)
    return orders.setStatusOfMany(tx, ids, to, reason)
  },
  { may: 'orders:write' },
)

export const duplicateOrder = tenantAction(
  z.object({ id: orderId }),
  (tx, input) => orders.duplicate(tx, input.id),
  { may: 'orders:write', redirectTo: (order) => `/orders/${order.id}/edit` },
)
