import { clsx } from 'clsx'
import { ArrowDown, ArrowUp } from 'lucide-react'
import NextLink from 'next/link'
import type { ReactNode } from 'react'
import type { OrderColumn } from '#app/_orders/search-params'
import { orderPath } from '#components/paths'
import {
  formatCount,
  formatDate,
  formatDateTime,
  formatMoney,
  type Formats,
} from '#components/formats'
import { StatusText } from '#components/orders/order-status'
import type { HrefBuilder } from '#components/ui/href-builder'
import { ScrollBox } from '#components/ui/scroll-box'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { OrderRow, OrderView, Sort } from '#db/product/order-list'

export const columnNames: Record<OrderColumn, string> = {
  placed: 'Placed',
  customer: 'Customer',
  lines: 'Lines',
  note: 'Note',
  updated: 'Changed',
  status: 'Status',
  total: 'Total',
}

const sortable: Partial<Record<OrderColumn | 'number', Sort>> = {
  number: 'number',
  placed: 'placed',
  total: 'total',
}
const rightAligned: OrderColumn[] = ['lines', 'total']
/** On a phone, customer and status are shown below number and total instead. */
const phoneColumns: OrderColumn[] = ['total']

type Props = {
  rows: OrderRow[]
  columns: OrderColumn[]
  view?: OrderView
  formats: Formats
  link?: HrefBuilder
  selectable?: boolean
}

export function OrdersTable({ rows, columns, view, formats, link, selectable = false }: Props) {
  const head = (column: OrderColumn | 'number', name: string) => {
    const sort = sortable[column]
    return sort && view && link ? (
      <SortLink sort={sort} view={view} link={link}>
        {name}
      </SortLink>
    ) : (
      name
    )
  }
  const ariaSort = (column: OrderColumn | 'number') =>
    view && sortable[column] === view.sort
      ? { 'aria-sort': view.descending ? ('descending' as const) : ('ascending' as const) }
      : {}
  return (
    <ScrollBox>
      <Table className="tabular-nums">
        <caption className="sr-only">Orders</caption>
        <thead>
          <tr>
            {selectable && (
              <Th className="w-8 pr-0">
                <input
                  type="checkbox"
                  data-select-all
                  aria-label="Select all on this page"
                  className="block size-4"
                />
              </Th>
            )}
            <Th {...ariaSort('number')}>{head('number', 'Order')}</Th>
            {columns.map((column) => (
              <Th
                key={column}
                {...ariaSort(column)}
                className={clsx(
                  rightAligned.includes(column) && 'text-right',
                  !phoneColumns.includes(column) && 'max-sm:hidden',
                )}
              >
                {head(column, columnNames[column])}
              </Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              columns={columns}
              formats={formats}
              selectable={selectable}
            />
          ))}
        </tbody>
      </Table>
    </ScrollBox>
  )
}

function Row({
  row,
  columns,
  formats,
  selectable,
}: {
  row: OrderRow
  columns: OrderColumn[]
  formats: Formats
  selectable: boolean
}) {
  return (
    <Tr className="relative">
      {selectable && (
        <Td className="pr-0">
          <input
            type="checkbox"
            name="order"
            value={row.id}
            aria-label={`Select order ${row.number}`}
            className="relative z-10 block size-4"
          />
        </Td>
      )}
      <Td className="font-medium">
        <NextLink
          href={orderPath(row.id)}
          prefetch={false}
          className="inline-flex h-6 items-center outline-offset-4 after:absolute after:inset-0"
        >
          #{row.number}
        </NextLink>
        <span className="block text-sm font-normal wrap-anywhere text-ink-soft sm:hidden">
          {columns.includes('customer') ? row.customer : formatDate(row.placedAt, formats)}
        </span>
      </Td>
      {columns.map((column) => (
        <Td
          key={column}
          className={clsx(
            rightAligned.includes(column) && 'text-right',
            !phoneColumns.includes(column) && 'max-sm:hidden',
          )}
        >
          <Cell column={column} row={row} formats={formats} />
        </Td>
      ))}
    </Tr>
  )
}

function Cell({ column, row, formats }: { column: OrderColumn; row: OrderRow; formats: Formats }) {
  switch (column) {
    case 'placed':
      return (
        <time
          dateTime={row.placedAt.toISOString()}
          title={formatDateTime(row.placedAt, formats)}
          className="whitespace-nowrap text-ink-soft"
        >
          {formatDate(row.placedAt, formats)}
        </time>
      )
    case 'updated':
      return (
        <time dateTime={row.updatedAt.toISOString()} className="whitespace-nowrap text-ink-soft">
          {formatDate(row.updatedAt, formats)}
        </time>
      )
    case 'customer':
      return <span className="block max-w-64 truncate">{row.customer}</span>
    case 'note':
      return <span className="block max-w-72 truncate text-ink-soft">{row.note}</span>
    case 'lines':
      return <span className="text-ink-soft">{formatCount(row.lines, formats)}</span>
    case 'status':
      return <StatusText status={row.status} />
    case 'total':
      return (
        <>
          <span className="inline-flex h-6 items-center font-medium whitespace-nowrap">
            {formatMoney(row.totalMinor, formats)}
          </span>
          <span className="flex justify-end text-sm text-ink-soft sm:hidden">
            <StatusText status={row.status} />
          </span>
        </>
      )
  }
}

function SortLink({
  sort,
  view,
  link,
  children,
}: {
  sort: Sort
  view: OrderView
  link: HrefBuilder
  children: ReactNode
}) {
  const current = view.sort === sort
  const Arrow = view.descending ? ArrowDown : ArrowUp
  return (
    <NextLink
      href={link({ sort: current && view.descending ? sort : `-${sort}` })}
      scroll={false}
      prefetch={false}
      className="inline-flex items-center gap-1 rounded-sm hover:text-ink"
    >
      {children}
      {current && <Arrow aria-hidden className="size-3" />}
    </NextLink>
  )
}
