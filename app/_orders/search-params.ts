import type { Route } from 'next'
import { textParams } from '#app/_http/list-search-params'
import { periodOf, type Period } from '#db/product/period'
import { isId, parseCursor } from '@rowhouse/tenancy'
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
export type Column = (typeof columns)[number]
const usualColumns: Column[] = ['placed', 'customer', 'lines', 'status', 'total']
export const pageSizes = [25, 50, 100] as const

type SearchParams = Record<string, string | string[] | undefined>
export type OrderListParams = {
  given: SearchParams
  q: string
  statuses: OrderStatus[]
  tab: string
  period: Period
  /** A search or a customer is looked up in all time, unless a period was asked for. */
  allTime: boolean
  columns: Column[]
  filter: OrderFilter
  view: OrderView
  /** What a form that sets `names` has to carry along, as name and value. */
  keepParams: (...names: string[]) => [string, string][]
}

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.at(-1) : value)
const many = (value: string | string[] | undefined) =>
  [value ?? []].flat().flatMap((text) => text.split(','))
const isOneOf = <T extends string>(all: readonly T[], text: string | undefined): text is T =>
  all.some((one) => one === text)

/**
 * Reads the whole state of the list out of its address. What is not understood is left out; nothing
 * in an address is an error.
 */
export function parseOrderListParams(
  raw: SearchParams,
  formats: { zone: string; currency: string },
  rememberedSize: number,
): OrderListParams {
  const given = textParams(raw)
  const q = (one(given.q) ?? '').replaceAll('\0', '').trim().slice(0, 100)
  const asked = many(given.status)
  const statuses = asked.includes('open')
    ? [...openStatuses]
    : orderStatuses.filter((status) => asked.includes(status))
  const period = periodOf(
    { period: one(given.period), from: one(given.from), to: one(given.to) },
    formats.zone,
  )
  const allTime =
    (q !== '' || one(given.customer) !== undefined) && !given.period && !given.from && !given.to
  const shown = columns.filter((column) => many(given.columns).includes(column))
  return {
    given,
    q,
    statuses,
    period,
    allTime,
    tab: asked.includes('open') ? 'open' : tabOf(statuses),
    columns: shown.length > 0 ? shown : usualColumns,
    filter: {
      search: q,
      statuses,
      customerId: parseCustomerId(one(given.customer)),
      from: allTime ? null : period.span.from,
      until: allTime ? null : period.span.until,
      leastMinor: parseAmount(one(given.min), formats.currency),
      mostMinor: parseAmount(one(given.max), formats.currency),
    },
    view: parseView(given, rememberedSize),
    keepParams: (...names) => paramsWithout(given, [...names, 'after', 'before']),
  }
}

const tabOf = (statuses: OrderStatus[]): string =>
  statuses.length > 1 ? 'several' : (statuses[0] ?? '')

/** An id that cannot be one finds nothing, as an unknown one does. */
function parseCustomerId(customer: string | undefined): string | null {
  if (customer === undefined) return null
  return isId(customer) ? customer : '00000000-0000-0000-0000-000000000000'
}

function parseAmount(text: string | undefined, currency: string): number | null {
  const parsed = text ? parseMinor(text, currency) : undefined
  return parsed?.ok ? parsed.minor : null
}

function parseView(given: SearchParams, rememberedSize: number): OrderView {
  const sortText = one(given.sort) ?? '-placed'
  const sortName = sortText.replace(/^-/, '')
  return {
    sort: isOneOf<Sort>(sorts, sortName) ? sortName : 'placed',
    descending: sortText.startsWith('-'),
    size: pageSizes.find((size) => String(size) === one(given.rows)) ?? rememberedSize,
    cursor: parseCursor(one(given.after), false) ?? parseCursor(one(given.before), true),
  }
}

const paramsWithout = (given: SearchParams, names: string[]): [string, string][] =>
  Object.entries(given)
    .filter(([key]) => !names.includes(key))
    .flatMap(([key, value]) => [value ?? []].flat().map((text): [string, string] => [key, text]))

/**
 * The address with some things changed; null leaves one out. Any change but of the page itself
 * starts at the first page.
 */
export function hrefWith(
  given: SearchParams,
  changes: Record<string, string | null>,
  path = '/orders',
): Route {
  const next = new URLSearchParams()
  for (const [key, value] of Object.entries({
    ...given,
    after: undefined,
    before: undefined,
    ...changes,
  })) {
    for (const text of [value ?? []].flat()) if (text !== '') next.append(key, text)
  }
  const query = next.toString()
  return (query ? `${path}?${query}` : path) as Route
}
