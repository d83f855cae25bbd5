import type { Route } from 'next'
import {
  cleanSearch,
  cursorFrom,
  hrefWith,
  lastValue,
  ownParams,
  paramsWithout,
  type ListParams,
  type SearchParams,
} from '#app/_http/list-search-params'
import { periodOf, type Period } from '#db/product/period'
import { isId } from '@rowhouse/tenancy'
import { parseMinor } from '#db/money'
import { sorts, type OrderFilter, type OrderView, type Sort } from '#db/product/order-list'
import { openStatuses, orderStatuses } from '#db/product/order-status'
import type { OrderStatus } from '#db/schema/tenant'

export const columns = [
  'placed',
  'customer',
  'lines',
  'note',
  'updated',
  'status',
  'total',
] as const
export type OrderColumn = (typeof columns)[number]
const defaultColumns: OrderColumn[] = ['placed', 'customer', 'lines', 'status', 'total']
export const pageSizes = [25, 50, 100] as const

export type OrderListParams = Pick<ListParams, 'q' | 'link' | 'keepParams'> & {
  params: SearchParams
  statuses: OrderStatus[]
  tab: string
  period: Period
  /** A search, or a filter by customer, covers all time unless the query names a period. */
  allTime: boolean
  columns: OrderColumn[]
  filter: OrderFilter
  view: OrderView
  /** The same orders as a CSV file. */
  exportHref: Route
}

const allValues = (value: string | string[] | undefined) =>
  [value ?? []].flat().flatMap((text) => text.split(','))
const isOneOf = <T extends string>(all: readonly T[], text: string | undefined): text is T =>
  all.some((one) => one === text)

/**
 * Reads the state of the order list from the page's query. Unknown or malformed values are ignored.
 * @param query - The page's query.
 * @param formats - The viewer's time zone, for periods, and the tenant's currency, for amounts.
 * @param defaultSize - Rows per page, unless the query says how many.
 */
export function parseOrderListParams(
  query: SearchParams,
  formats: { zone: string; currency: string },
  defaultSize: number,
): OrderListParams {
  const params = ownParams(query)
  const q = cleanSearch(lastValue(params.q))
  const statusValues = allValues(params.status)
  const statuses = statusValues.includes('open')
    ? [...openStatuses]
    : orderStatuses.filter((status) => statusValues.includes(status))
  const period = periodOf(
    {
      period: lastValue(params.period),
      from: lastValue(params.from),
      to: lastValue(params.to),
    },
    formats.zone,
  )
  const allTime =
    (q !== '' || lastValue(params.customer) !== undefined) &&
    !params.period &&
    !params.from &&
    !params.to
  const shown = columns.filter((column) => allValues(params.columns).includes(column))
  return {
    params,
    q,
    statuses,
    period,
    allTime,
    tab: statusValues.includes('open') ? 'open' : tabOf(statuses),
    columns: shown.length > 0 ? shown : defaultColumns,
    filter: {
      search: q,
      statuses,
      customerId: parseCustomerId(lastValue(params.customer)),
      from: allTime ? null : period.span.from,
      until: allTime ? null : period.span.until,
      minTotalMinor: parseAmount(lastValue(params.min), formats.currency),
      maxTotalMinor: parseAmount(lastValue(params.max), formats.currency),
    },
    view: parseView(params, defaultSize),
    link: (changes) => hrefWith('/orders', params, changes),
    exportHref: hrefWith('/orders/export', params, {}),
    keepParams: (...names) => paramsWithout(params, names),
  }
}

const tabOf = (statuses: OrderStatus[]): string =>
  statuses.length > 1 ? 'several' : (statuses[0] ?? '')

/** A malformed id matches no order, like an unknown one. */
function parseCustomerId(customer: string | undefined): string | null {
  if (customer === undefined) return null
  return isId(customer) ? customer : '00000000-0000-0000-0000-000000000000'
}

function parseAmount(text: string | undefined, currency: string): number | null {
  const parsed = text ? parseMinor(text, currency) : undefined
  return parsed?.ok ? parsed.minor : null
}

function parseView(params: SearchParams, defaultSize: number): OrderView {
  const sortText = lastValue(params.sort) ?? '-placed'
  const sortName = sortText.replace(/^-/, '')
  return {
    sort: isOneOf<Sort>(sorts, sortName) ? sortName : 'placed',
    descending: sortText.startsWith('-'),
    size: pageSizes.find((size) => String(size) === lastValue(params.rows)) ?? defaultSize,
    cursor: cursorFrom(params),
  }
}
