import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { tenantPage } from '#app/tenant-page'
import { NewOrder } from '#components/orders/new-order'
import { Page } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { createCustomer } from '../../customers/actions'
import { createOrder } from '../actions'

export const metadata: Metadata = { title: 'New order' }

export default async function NewOrderPage() {
  const { scope, may } = await tenantPage()
  if (!may('orders:write')) notFound()
  return (
    <Page scope={scope} width="narrow">
      <PageHeader title="New order" back={{ href: '/orders', label: 'Orders' }} />
      <NewOrder action={createOrder} createCustomer={may('customers:write') ? createCustomer : null} />
    </Page>
  )
}
