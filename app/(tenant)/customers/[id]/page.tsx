import { Plus } from 'lucide-react'
import type { Route } from 'next'
import { notFound } from 'next/navigation'
import { tenantPage } from '#app/_session/tenant-page'
import { ActivityList } from '#components/activity/activity-list'
import { CustomerDetails } from '#components/customers/customer-details'
import { CustomerFields } from '#components/customers/customer-fields'
import type { Formats } from '#components/formats'
import { RecordActions } from '#components/forms/record-actions'
import { OrdersTable } from '#components/orders/orders-table'
import { Page } from '#components/page'
import { Badge } from '#components/ui/badge'
import { ButtonLink } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import { PageHeader } from '#components/ui/page-header'
import * as activity from '#db/activity/activity'
import * as customers from '#db/product/customers'
import { isId } from '@rowhouse/tenancy'
import { everyOrder, list, type OrderRow } from '#db/product/order-list'
import { archiveCustomer, editCustomer, restoreCustomer } from '../actions'

export const metadata = { title: 'Customer' }

const newest = { sort: 'placed', descending: true, size: 10, cursor: null } as const

export default async function CustomerPage({ params }: PageProps<'/customers/[id]'>) {
  const { id } = await params
  const { scope, formats, db, may } = await tenantPage()
  if (!isId(id)) notFound()
  const [customer, sold, orders, entries] = await db((tx) =>
    Promise.all([
      customers.find(tx, id),
      customers.salesTo(tx, id),
      list(tx, { ...everyOrder, customerId: id }, newest),
      activity.about(tx, id),
    ]),
  )
  if (!customer) notFound()
  return (
    <Page scope={scope} width="normal">
      <title>{`${customer.name} · Rowhouse`}</title>
      <PageHeader
        title={customer.name}
        beside={customer.archivedAt && <Badge tone="warn">Archived</Badge>}
        back={{ href: '/customers', label: 'Customers' }}
      >
        {may('customers:write') && (
          <RecordActions
            record={customer}
            noun="customer"
            restored={`${customer.name} is in use again.`}
            actions={{ archive: archiveCustomer, restore: restoreCustomer, edit: editCustomer }}
          >
            <CustomerFields start={customer} />
          </RecordActions>
        )}
        {may('orders:write') && !customer.archivedAt && (
          <ButtonLink href={`/orders/new?customer=${id}`} look="primary">
            <Plus aria-hidden /> New order
          </ButtonLink>
        )}
      </PageHeader>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <NewestOrders customerId={id} rows={orders.rows} formats={formats} />
        <div className="grid gap-5">
          <CustomerDetails customer={customer} sold={sold} formats={formats} />
          <Card labelledBy="activity">
            <CardHeader id="activity" title="Activity" />
            <CardBody>
              <ActivityList entries={entries.slice(0, 8)} formats={formats} short />
            </CardBody>
          </Card>
        </div>
      </div>
    </Page>
  )
}

function NewestOrders({
  customerId,
  rows,
  formats,
}: {
  customerId: string
  rows: OrderRow[]
  formats: Formats
}) {
  return (
    <Card labelledBy="orders">
      <CardHeader id="orders" title="Newest orders">
        <ButtonLink
          href={`/orders?customer=${customerId}` as Route}
          look="quiet"
          size="small"
          className="-mr-2.5"
        >
          All orders
        </ButtonLink>
      </CardHeader>
      {rows.length > 0 ? (
        <OrdersTable rows={rows} columns={['placed', 'status', 'total']} formats={formats} />
      ) : (
        <EmptyState title="No orders yet" />
      )}
    </Card>
  )
}
