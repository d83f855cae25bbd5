import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { tenantPage } from '#app/_session/tenant-page'
import { NewOrder } from '#components/orders/new-order'
import { Page } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import * as customers from '#db/product/customers'
import { isId } from '@rowhouse/tenancy'
import { createCustomer } from '../../customers/actions'
import { createOrder } from '../actions'

export const metadata: Metadata = { title: 'New order' }

export default async function NewOrderPage({ searchParams }: PageProps<'/orders/new'>) {
  const { customer: id } = await searchParams
  const { scope, db, may } = await tenantPage()
  if (!may('orders:write')) notFound()
  const customer = isId(id) ? await db((tx) => customers.find(tx, id)) : null
  return (
    <Page scope={scope} width="narrow">
      <PageHeader title="New order" back={{ href: '/orders', label: 'Orders' }} />
      <NewOrder
        customer={customer && { value: customer.id, label: customer.name, hint: customer.email }}
        action={createOrder}
        createCustomer={may('customers:write') ? createCustomer : null}
      />
    </Page>
  )
}
