'use server'

import { z } from 'zod'
import { tenantAction } from '#app/_actions/action'
import { parseAmount } from '#app/_format/parse-amount'
import { amount, id, requiredText, version } from '#app/_actions/field-schemas'
import * as products from '#db/product/products'

const product = z.object({
  sku: requiredText(64, 'Type a number.'),
  name: requiredText(200, 'Type a name.'),
  price: amount,
})
const productId = id('This product does not exist.')

export const createProduct = tenantAction(
  product,
  (tx, { sku, name, price }, tenant) =>
    products.create(tx, { sku, name, priceMinor: parseAmount(price, tenant.currency, 'price') }),
  { may: 'products:write' },
)

export const editProduct = tenantAction(
  product.extend({ id: productId, version }),
  (tx, { id, version, sku, name, price }, tenant) =>
    products.edit(tx, id, version, {
      sku,
      name,
      priceMinor: parseAmount(price, tenant.currency, 'price'),
    }),
  { may: 'products:write' },
)

export const archiveProduct = tenantAction(
  z.object({ id: productId }),
  (tx, input) => products.archive(tx, input.id, true),
  { may: 'products:write' },
)

export const restoreProduct = tenantAction(
  z.object({ id: productId }),
  (tx, input) => products.archive(tx, input.id, false),
  { may: 'products:write' },
)
