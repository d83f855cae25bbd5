import { and, eq, gte, lt, sql } from 'drizzle-orm'
import type { TenantTx } from '#db/door'
import { openStatuses, soldStatuses } from '#db/product/order-status'
import { orders, orderStatuses, type OrderStatus } from '#db/schema/tenant'

export type Span = { from: Date; until: Date }
export type Figures = { revenueMinor: number; orders: number; averageMinor: number; open: number }
export type DayFigures = { date: string; orders: number; revenueMinor: number }
export type StatusFigures = { status: OrderStatus; orders: number; totalMinor: number }

type Cell = { date: string; status: OrderStatus; orders: number; totalMinor: number }

/**
 * Orders and amounts by day and status, read from one index. First by quarters of an hour, since every zone's midnight is the
 * start of one: only those, and not each order, are then told which day they belong to.
 */
export async function cells(tx: TenantTx, span: Span, zone: string): Promise<Cell[]> {
  const quarters = tx.select({
    at: sql<Date>`date_bin('15 minutes', ${orders.placedAt}, timestamptz 'epoch')`.as('at'),
    status: orders.status,
    orders: sql<number>`count(*)`.as('orders'),
    totalMinor: sql<number>`sum(${orders.totalMinor})`.as('total_minor'),
  }).from(orders)
    .where(and(eq(orders.tenantId, tx.tenantId), gte(orders.placedAt, span.from), lt(orders.placedAt, span.until)))
    .groupBy(sql`at`, orders.status).as('quarters')
  return tx.select({
    date: sql<string>`(${quarters.at} at time zone ${zone})::date::text`.as('date'),
    status: quarters.status,
    orders: sql<number>`sum(${quarters.orders})`.mapWith(Number),
    totalMinor: sql<number>`sum(${quarters.totalMinor})`.mapWith(Number),
  }).from(quarters).groupBy(sql`date`, quarters.status)
}

export function figures(of: Cell[]): Figures {
  const sold = of.filter((cell) => soldStatuses.includes(cell.status))
  const revenueMinor = total(sold, 'totalMinor')
  const number = total(sold, 'orders')
  return {
    revenueMinor, orders: number,
    averageMinor: number === 0 ? 0 : Math.round(revenueMinor / number),
    open: total(of.filter((cell) => openStatuses.includes(cell.status)), 'orders'),
  }
}

/** One entry for each of `dates`, days without an order included. */
export function byDay(of: Cell[], dates: string[]): DayFigures[] {
  const sold = of.filter((cell) => soldStatuses.includes(cell.status))
  const days = new Map(dates.map((date) => [date, { date, orders: 0, revenueMinor: 0 }]))
  for (const cell of sold) {
    const day = days.get(cell.date)
    if (day) days.set(cell.date, { ...day, orders: day.orders + cell.orders, revenueMinor: day.revenueMinor + cell.totalMinor })
  }
  return [...days.values()]
}

export const byStatus = (of: Cell[]): StatusFigures[] =>
  orderStatuses.map((status) => {
    const own = of.filter((cell) => cell.status === status)
    return { status, orders: total(own, 'orders'), totalMinor: total(own, 'totalMinor') }
  })

const total = (of: Cell[], what: 'orders' | 'totalMinor') => of.reduce((sum, cell) => sum + cell[what], 0)
