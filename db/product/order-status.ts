import type { OrderStatus } from '#db/schema/tenant'

export { orderStatuses } from '#db/schema/tenant'

/** The statuses that an order can change to from each status. */
export const transitions: Record<OrderStatus, readonly OrderStatus[]> = {
  draft: ['placed', 'cancelled'],
  placed: ['paid', 'cancelled'],
  paid: ['shipped', 'cancelled'],
  shipped: ['delivered'],
  delivered: [],
  cancelled: [],
}

export const mayBecome = (from: OrderStatus, to: OrderStatus) => transitions[from].includes(to)

/** Statuses of orders that still need work. */
export const openStatuses: readonly OrderStatus[] = ['placed', 'paid', 'shipped']

/** Statuses that count as revenue. */
export const soldStatuses: readonly OrderStatus[] = ['placed', 'paid', 'shipped', 'delivered']

/** Statuses in which lines, customer and note can still be edited. */
export const editableStatuses: readonly OrderStatus[] = ['draft', 'placed']
