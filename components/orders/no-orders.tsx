import type { OrderListParams } from '#app/_orders/search-params'
import { ButtonLink } from '#components/ui/button'
import { EmptyState } from '#components/ui/empty-state'
import type { HrefBuilder } from '#components/ui/href-builder'

export function NoOrders({
  address,
  link,
  mayCreate,
}: {
  address: OrderListParams
  link: HrefBuilder
  mayCreate: boolean
}) {
  const { filter } = address
  const narrowed =
    address.q !== '' ||
    filter.statuses.length > 0 ||
    filter.customerId !== null ||
    filter.minTotalMinor !== null ||
    filter.maxTotalMinor !== null
  if (!narrowed) {
    return (
      <EmptyState
        title="No orders in this period"
        action={
          mayCreate && (
            <ButtonLink href="/orders/new" look="primary">
              Create an order
            </ButtonLink>
          )
        }
      >
        When somebody orders, it shows up here. Look at a longer period, or write the first one.
      </EmptyState>
    )
  }
  const noFilters = {
    q: null,
    status: null,
    customer: null,
    min: null,
    max: null,
    period: null,
    from: null,
    to: null,
  }
  return (
    <EmptyState
      title="No order fits"
      action={<ButtonLink href={link(noFilters)}>Take all filters off</ButtonLink>}
    >
      A search looks for the order’s number, the customer’s name or e-mail address, and words in the
      newest 20,000 notes.
    </EmptyState>
  )
}
