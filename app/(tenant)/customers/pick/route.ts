import { tenantJson, wordsOf } from '#app/tenant-route'
import { pick } from '#db/product/customers'

export const GET = (request: Request) =>
  tenantJson(async (tx) =>
    (await pick(tx, wordsOf(request))).map(({ id, name, email }) => ({
      value: id,
      label: name,
      hint: email,
    })),
  )
