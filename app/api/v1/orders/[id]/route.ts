import { z } from 'zod'
import { order, orderOf } from '#app/api/v1/schemas'
import { apiKeyRoute } from '#app/_http/api-key-route'
import { NotFound, isId } from '@rowhouse/tenancy'
import * as orders from '#db/product/orders'

export const GET = apiKeyRoute(
  z.object({ id: z.string() }),
  'tenant:read',
  async ({ tx, key, input: { id } }) => {
    const found = isId(id) ? await orders.find(tx, id) : null
    if (!found) throw new NotFound('this order')
    return { body: order.parse(orderOf(found, key.currency)) }
  },
)
