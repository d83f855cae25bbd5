import { sql } from 'drizzle-orm'
import type { TenantTx } from '@rowhouse/tenancy'
import { openStatuses, soldStatuses } from '#db/product/order-status'
import { orders, orderStatuses, type OrderStatus } from '#db/schema/tenant'

export type DateRange = { from: Date; until: Date }
export type OrderMetrics = {
  revenueMinor: number
  orders: number
  averageMinor: number
  open: number
}
export type DayMetrics = { date: string; orders: number; revenueMinor: number }
export type StatusMetrics = { status: OrderStatus; orders: number; totalMinor: number }

type DayStatusMetrics = { date: string; status: OrderStatus; orders: number; totalMinor: number }

/**
 * Counts orders and sums their totals by day and status. Each day is one range scan of an index, so
 * that the date need not be computed for each order.
 *
 * @param zone - The IANA time zone in which days start and end.
 */
export async function statusMetricsByDay(
  tx: TenantTx,
  { from, until }: DateRange,
  zone: string,
): Promise<DayStatusMetrics[]> {
  const [first, past] = [from.toISOString(), until.toISOString()]
  const { rows } = await tx.execute<{
    date: string
    status: OrderStatus
    orders: string
    total: string
  }>(sql`
    select days.date, sums.status, sums.orders, sums.total
    from (
      select day::date::text as date, greatest(day at time zone ${zone}, ${first}::timestamptz) as first,
        least((day + interval '1 day') at time zone ${zone}, ${past}::timestamptz) as past
      from generate_series((${first}::timestamptz at time zone ${zone})::date::timestamp, ${past}::timestamptz at time zone ${zone}, interval '1 day') as day
    ) as days cross join lateral (
      select status, count(*) as orders, sum(total_minor) as total
      from ${orders}
      where tenant_id = ${tx.tenantId} and placed_at >= days.first and placed_at < days.past
      group by status
    ) as sums`)
  return rows.map(({ date, status, orders: number, total: minor }) => ({
    date,
    status,
    orders: Number(number),
    totalMinor: Number(minor),
  }))
}

/** Sums up revenue, sold and open orders. */
export function metricsOf(of: DayStatusMetrics[]): OrderMetrics {
  const sold = of.filter((entry) => soldStatuses.includes(entry.status))
  const revenueMinor = total(sold, 'totalMinor')
  const number = total(sold, 'orders')
  return {
    revenueMinor,
    orders: number,
    averageMinor: number === 0 ? 0 : Math.round(revenueMinor / number),
    open: total(
      of.filter((entry) => openStatuses.includes(entry.status)),
      'orders',
    ),
  }
}

/** Returns one entry per date, including days without orders. */
export function byDay(of: DayStatusMetrics[], dates: string[]): DayMetrics[] {
  const sold = of.filter((entry) => soldStatuses.includes(entry.status))
  const days = new Map(dates.map((date) => [date, { date, orders: 0, revenueMinor: 0 }]))
  for (const entry of sold) {
    const day = days.get(entry.date)
    if (day)
      days.set(entry.date, {
        ...day,
        orders: day.orders + entry.orders,
        revenueMinor: day.revenueMinor + entry.totalMinor,
      })
  }
  return [...days.values()]
}

export const byStatus = (of: DayStatusMetrics[]): StatusMetrics[] =>
  orderStatuses.map((status) => {
    const own = of.filter((entry) => entry.status === status)
    return { status, orders: total(own, 'orders'), totalMinor: total(own, 'totalMinor') }
  })

const total = (of: DayStatusMetrics[], what: 'orders' | 'totalMinor') =>
  of.reduce((sum, entry) => sum + entry[what], 0)
