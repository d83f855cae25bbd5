import type { OrderStatus } from '#db/schema/tenant'

export const statusNames: Record<OrderStatus, string> = {
  draft: 'Draft',
  placed: 'Placed',
  paid: 'Paid',
  shipped: 'Shipped',
  delivered: 'Delivered',
  cancelled: 'Cancelled',
}

/** The label of the button that changes an order to this status. */
export const statusVerbs: Record<OrderStatus, string> = {
  draft: 'Back to draft',
  placed: 'Place order',
  paid: 'Mark as paid',
  shipped: 'Mark as shipped',
  delivered: 'Mark as delivered',
  cancelled: 'Cancel order',
}

const fills: Record<OrderStatus, string> = {
  draft: 'fill-draft',
  placed: 'fill-placed',
  paid: 'fill-paid',
  shipped: 'fill-shipped',
  delivered: 'fill-delivered',
  cancelled: 'fill-cancelled',
}
export const statusFill = (status: OrderStatus) => fills[status]

/**
 * A status with an icon that differs in shape as well as in colour. The icon is drawn in
 * globals.css, because a page has fifty of them.
 */
export function StatusText({ status }: { status: OrderStatus }) {
  return (
    <span className="status" data-status={status}>
      {statusNames[status]}
    </span>
  )
}

export function StatusMark({ status }: { status: OrderStatus }) {
  return <span aria-hidden className="status h-5" data-status={status} />
}
