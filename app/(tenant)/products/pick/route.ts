import { tenantJson, searchText } from '#app/_http/tenant-route'
import { pick } from '#db/product/products'

export const GET = (request: Request) =>
  tenantJson(async (tx) =>
    (await pick(tx, searchText(request))).map(({ id, name, sku, priceMinor }) => ({
      value: id,
      label: name,
      hint: sku,
      priceMinor,
    })),
  )
