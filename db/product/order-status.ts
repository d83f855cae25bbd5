import type { OrderStatus } from '#db/schema/tenant'

export { orderStatuses } from '#db/schema/tenant'

/** The one table of what may follow what. */
export const transitions: Record<OrderStatus, readonly OrderStatus[]> = {
  draft: ['placed', 'cancelled'],
  placed: ['paid', 'cancelled'],
  paid: ['shipped', 'cancelled'],
  shipped: ['delivered'],
  delivered: [],
  cancelled: [],
}

export const mayBecome = (from: OrderStatus, to: OrderStatus) => transitions[from].includes(to)

/** Orders that need work. */
export const openStatuses: readonly OrderStatus[] = ['placed', 'paid', 'shipped']

/** Counted as revenue: neither a draft nor cancelled. */
export const soldStatuses: readonly OrderStatus[] = ['placed', 'paid', 'shipped', 'delivered']

/** Lines, customer and note may still change. */
export const editableStatuses: readonly OrderStatus[] = ['draft', 'placed']
