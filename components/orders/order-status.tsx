import { clsx } from 'clsx'
import type { OrderStatus } from '#db/schema/tenant'

export const statusNames: Record<OrderStatus, string> = {
  draft: 'Draft', placed: 'Placed', paid: 'Paid', shipped: 'Shipped', delivered: 'Delivered', cancelled: 'Cancelled',
}

/** What a button says that brings an order to this status. */
export const statusVerbs: Record<OrderStatus, string> = {
  draft: 'Back to draft', placed: 'Place order', paid: 'Mark as paid', shipped: 'Mark as shipped', delivered: 'Mark as delivered', cancelled: 'Cancel order',
}

const paint: Record<OrderStatus, string> = {
  draft: 'fill-draft', placed: 'fill-placed', paid: 'fill-paid', shipped: 'fill-shipped', delivered: 'fill-delivered', cancelled: 'fill-cancelled',
}
export const statusFill = (status: OrderStatus) => paint[status]

/** How far it has come, as a filling circle: told by shape too, not by colour alone. */
const shapes: Record<OrderStatus, string> = {
  draft: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm0 1.6a3.4 3.4 0 1 0 0 6.800a3.400 3.400 0 0 0 0-6.800Z',
  placed: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm0 1.600a3.400 3.400 0 1 0 0 6.800a3.400 3.400 0 0 0 0-6.800ZM6 3.600V6h2.400A2.400 2.400 0 0 0 6 3.600Z',
  paid: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm0 1.600a3.400 3.400 0 1 0 0 6.800a3.400 3.400 0 0 0 0-6.800ZM6 3.600v4.800a2.400 2.400 0 0 0 0-4.800Z',
  shipped: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm0 1.600a3.400 3.400 0 1 0 0 6.800a3.400 3.400 0 0 0 0-6.800ZM6 3.600A2.400 2.400 0 1 1 3.600 6H6Z',
  delivered: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm2.100 3L5.300 6.900 3.900 5.500l-.9.9 2.300 2.300 3.700-3.800Z',
  cancelled: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1ZM4.500 3.700l-.8.8L5.200 6 3.700 7.500l.8.8L6 6.800l1.500 1.500.8-.8L6.800 6l1.500-1.500-.8-.8L6 5.200Z',
}

export function StatusMark({ status, className }: { status: OrderStatus; className?: string }) {
  return (
    <svg viewBox="0 0 12 12" aria-hidden className={clsx('size-3 shrink-0', paint[status], className)}>
      <path d={shapes[status]} fillRule="evenodd" />
    </svg>
  )
}

export function StatusText({ status }: { status: OrderStatus }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <StatusMark status={status} />
      {statusNames[status]}
    </span>
  )
}

export function StatusBadge({ status }: { status: OrderStatus }) {
  return (
    <span className="inline-flex h-6 items-center rounded-full border border-line-strong bg-raised px-2.5 text-sm font-medium">
      <StatusText status={status} />
    </span>
  )
}
