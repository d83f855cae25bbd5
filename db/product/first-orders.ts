import { eq } from 'drizzle-orm'
import * as activity from '#db/activity/activity'
import { type TenantTx, Invalid } from '@rowhouse/tenancy'
import { customers, orders, products } from '#db/schema/tenant'
import { fillWithSample } from '#db/product/sample'
import { stories } from '#db/product/stories'

export type ExistingData = { products: boolean; customers: boolean; orders: boolean }

const sampleOrders = 240

/** Which kinds of data a tenant has. */
export async function existingData(tx: TenantTx): Promise<ExistingData> {
  const [goods, people, sold] = await Promise.all([
    tx
      .select({ id: products.id })
      .from(products)
      .where(eq(products.tenantId, tx.tenantId))
      .limit(1),
    tx
      .select({ id: customers.id })
      .from(customers)
      .where(eq(customers.tenantId, tx.tenantId))
      .limit(1),
    tx.select({ id: orders.id }).from(orders).where(eq(orders.tenantId, tx.tenantId)).limit(1),
  ])
  return { products: goods.length > 0, customers: people.length > 0, orders: sold.length > 0 }
}

/**
 * Fills an empty tenant with sample data.
 *
 * @throws Invalid when it has data.
 */
export async function addSample(tx: TenantTx): Promise<{ orders: number }> {
  const has = await existingData(tx)
  if (has.products || has.customers || has.orders)
    throw new Invalid('', 'There is data here already; sample data would mix with it.')
  await fillWithSample(tx, stories.acme, sampleOrders)
  await activity.record(tx, 'sample.added', {
    name: `sample data with ${sampleOrders} orders`,
    id: null,
  })
  return { orders: sampleOrders }
}
