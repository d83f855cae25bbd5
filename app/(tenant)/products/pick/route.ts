import { tenantJson, wordsOf } from '#app/tenant-route'
import { pick } from '#db/product/products'

export const GET = (request: Request) =>
  tenantJson(async (tx) =>
    (await pick(tx, wordsOf(request))).map(({ id, name, sku, priceMinor }) => ({
      value: id,
      label: name,
      hint: sku,
      priceMinor,
    })),
  )
