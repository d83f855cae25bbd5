import { z } from 'zod'
import { order, orderOf } from '#app/api/v1/shapes'
import { keyRoute } from '#app/key-route'
import { NotFound } from '#db/errors'
import { isId } from '#db/id'
import * as orders from '#db/product/orders'

export const GET = keyRoute(
  z.object({ id: z.string() }),
  'tenant:read',
  async ({ tx, key, input: { id } }) => {
    const found = isId(id) ? await orders.find(tx, id) : null
    if (!found) throw new NotFound('this order')
    return { body: order.parse(orderOf(found, key.currency)) }
  },
)
