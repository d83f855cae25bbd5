import { tenantJson, searchText } from '#app/_http/tenant-route'
import * as customers from '#db/product/customers'
import { everyOrder, list } from '#db/product/order-list'
import * as products from '#db/product/products'

/** Search results for the command palette. */
export const GET = (request: Request) =>
  tenantJson(async (tx) => {
    const search = searchText(request)
    if (search === '') return []
    const [orders, people, goods] = await Promise.all([
      list(
        tx,
        { ...everyOrder, search },
        { sort: 'placed', descending: true, size: 5, cursor: null },
      ),
      customers.pick(tx, search),
      products.pick(tx, search),
    ])
    return [
      ...orders.rows.map(({ id, number, customer }) => ({
        value: `/orders/${id}`,
        label: `Order #${number}`,
        hint: customer,
      })),
      ...people.slice(0, 4).map(({ id, name, email }) => ({
        value: `/customers/${id}`,
        label: name,
        hint: email || 'Customer',
      })),
      ...goods
        .slice(0, 4)
        .map(({ id, name, sku }) => ({ value: `/products/${id}`, label: name, hint: sku })),
    ]
  })
