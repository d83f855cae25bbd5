import type { OrderStatus } from '#db/schema/tenant'

export const statusNames: Record<OrderStatus, string> = {
  draft: 'Draft',
  placed: 'Placed',
  paid: 'Paid',
  shipped: 'Shipped',
  delivered: 'Delivered',
  cancelled: 'Cancelled',
}

/** What a button says that brings an order to this status. */
export const statusVerbs: Record<OrderStatus, string> = {
  draft: 'Back to draft',
  placed: 'Place order',
  paid: 'Mark as paid',
  shipped: 'Mark as shipped',
  delivered: 'Mark as delivered',
  cancelled: 'Cancel order',
}

const paint: Record<OrderStatus, string> = {
  draft: 'fill-draft',
  placed: 'fill-placed',
  paid: 'fill-paid',
  shipped: 'fill-shipped',
  delivered: 'fill-delivered',
  cancelled: 'fill-cancelled',
}
export const statusFill = (status: OrderStatus) => paint[status]

/**
 * A name behind a circle that fills as the order comes along: told by shape too, not by colour
 * alone. Drawn in globals.css, since a page has fifty.
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
