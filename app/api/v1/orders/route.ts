import { created, listQuery, orderInput, orderPage, summaryOf } from '#app/api/v1/schemas'
import { apiKeyRoute } from '#app/_http/api-key-route'
import { parseCursor } from '@rowhouse/tenancy'
import { list } from '#db/product/order-list'
import * as orders from '#db/product/orders'

export const GET = apiKeyRoute(
  listQuery,
  'tenant:read',
  async ({
    tx,
    key,
    input: { status = [], customerId = null, search = '', from, until, limit, cursor },
  }) => {
    const filter = {
      search,
      statuses: status,
      customerId,
      from: from ? new Date(from) : null,
      until: until ? new Date(until) : null,
      minTotalMinor: null,
      maxTotalMinor: null,
    }
    const { rows, next } = await list(tx, filter, {
      sort: 'placed',
      descending: true,
      size: limit,
      cursor: parseCursor(cursor, false),
    })
    return {
      body: orderPage.parse({ orders: rows.map((row) => summaryOf(row, key.currency)), next }),
    }
  },
)

export const POST = apiKeyRoute(
  orderInput,
  'orders:write',
  async ({ tx, input: { status, ...order } }) => {
    const made = await orders.create(tx, order, status)
    return {
      status: 201,
      body: created.parse(made),
      headers: { location: `/api/v1/orders/${made.id}` },
    }
  },
)
