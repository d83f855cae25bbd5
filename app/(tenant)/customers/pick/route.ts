import { tenantJson, searchText } from '#app/_http/tenant-route'
import { pick } from '#db/product/customers'

export const GET = (request: Request) =>
  tenantJson(async (tx) =>
    (await pick(tx, searchText(request))).map(({ id, name, email }) => ({
      value: id,
      label: name,
      hint: email,
    })),
  )
