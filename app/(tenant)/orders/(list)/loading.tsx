import { PageFrame } from '#components/page'
import { OrdersSkeleton } from '#components/orders/orders-skeleton'

export default function OrdersLoading() {
  return (
    <PageFrame>
      <OrdersSkeleton />
    </PageFrame>
  )
}
