import { notFound } from 'next/navigation'
import { tenantPage } from '#app/_session/tenant-page'
import { CustomerCard } from '#components/orders/customer-card'
import { OrderActions } from '#components/orders/order-actions'
import { OrderHistory } from '#components/orders/order-history'
import { OrderLines } from '#components/orders/order-lines'
import { StatusText } from '#components/orders/order-status'
import { formatDateTime } from '#components/formats'
import { Page } from '#components/page'
import { Badge } from '#components/ui/badge'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { PageHeader } from '#components/ui/page-header'
import * as activity from '#db/activity/activity'
import { isId } from '@rowhouse/tenancy'
import { editableStatuses, transitions } from '#db/product/order-status'
import * as orders from '#db/product/orders'
import { cancelOrder, changeStatus, duplicateOrder } from '../actions'

export const metadata = { title: 'Order' }

export default async function OrderPage({ params }: PageProps<'/orders/[id]'>) {
  const { id } = await params
  const { scope, formats, db, may } = await tenantPage()
  const [order, entries] = isId(id)
    ? await db((tx) => Promise.all([orders.find(tx, id), activity.about(tx, id)]))
    : [null, []]
  if (!order) notFound()
  return (
    <Page scope={scope} width="normal">
      <title>{`Order #${order.number} · Rowhouse`}</title>
      <PageHeader
        title={`Order #${order.number}`}
        beside={
          <Badge>
            <StatusText status={order.status} />
          </Badge>
        }
        back={{ href: '/orders', label: 'Orders' }}
        about={
          <time dateTime={order.placedAt.toISOString()}>
            {formatDateTime(order.placedAt, formats)}
          </time>
        }
      >
        {may('orders:write') && (
          <OrderActions
            order={order}
            next={transitions[order.status]}
            editable={editableStatuses.includes(order.status)}
            actions={{ changeStatus, cancelOrder, duplicateOrder }}
          />
        )}
      </PageHeader>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="grid gap-5">
          <OrderLines order={order} formats={formats} />
          {order.note && (
            <Card labelledBy="note">
              <CardHeader id="note" title="Note" />
              <CardBody className="wrap-anywhere whitespace-pre-wrap">{order.note}</CardBody>
            </Card>
          )}
        </div>
        <div className="grid gap-5">
          <CustomerCard customer={order.customer} />
          <OrderHistory events={order.events} entries={entries} formats={formats} />
        </div>
      </div>
    </Page>
  )
}
