'use server'

import { z } from 'zod'
import { tenantAction } from '#app/_actions/action'
import { id, optionalEmail, requiredText, text, version } from '#app/_actions/field-schemas'
import * as customers from '#db/product/customers'

const customer = z.object({
  name: requiredText(200, 'Type a name.'),
  email: optionalEmail,
  phone: text(40),
  address: text(500),
  note: text(2000),
})
const customerId = id('This customer does not exist.')

export const createCustomer = tenantAction(customer, (tx, input) => customers.create(tx, input), {
  may: 'customers:write',
})

export const editCustomer = tenantAction(
  customer.extend({ id: customerId, version }),
  (tx, { id, version, ...input }) => customers.edit(tx, id, version, input),
  { may: 'customers:write' },
)

export const archiveCustomer = tenantAction(
  z.object({ id: customerId }),
  (tx, input) => customers.archive(tx, input.id, true),
  { may: 'customers:write' },
)

export const restoreCustomer = tenantAction(
  z.object({ id: customerId }),
  (tx, input) => customers.archive(tx, input.id, false),
  { may: 'customers:write' },
)
