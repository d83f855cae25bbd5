import { notFound } from 'next/navigation'
import { tenantPage } from '#app/_session/tenant-page'
import { orderPath } from '#components/paths'
import { EditOrder } from '#components/orders/edit-order'
import { Page } from '#components/page'
import { ButtonLink } from '#components/ui/button'
import { EmptyState } from '#components/ui/empty-state'
import { PageHeader } from '#components/ui/page-header'
import { isId } from '@rowhouse/tenancy'
import { editableStatuses } from '#db/product/order-status'
import * as orders from '#db/product/orders'
import { createCustomer } from '../../../customers/actions'
import { editOrder } from '../../actions'

export const metadata = { title: 'Edit order' }

export default async function EditOrderPage({ params }: PageProps<'/orders/[id]/edit'>) {
  const { id } = await params
  const { scope, db, may } = await tenantPage()
  const order = isId(id) && may('orders:write') ? await db((tx) => orders.find(tx, id)) : null
  if (!order) notFound()
  return (
    <Page scope={scope} width="narrow">
      <PageHeader
        title={`Edit order #${order.number}`}
        back={{ href: orderPath(id), label: `Order #${order.number}` }}
      />
      <EditOrder
        order={order}
        editable={editableStatuses.includes(order.status)}
        action={editOrder}
        createCustomer={may('customers:write') ? createCustomer : null}
      >
        <EmptyState
          title={`This order is ${order.status}`}
          action={<ButtonLink href={orderPath(id)}>Look at it</ButtonLink>}
        >
          Only drafts and placed orders can be edited. Duplicate it to order the same again.
        </EmptyState>
      </EditOrder>
    </Page>
  )
}
