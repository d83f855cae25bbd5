import { statusOf } from '#app/_http/status-of'
import { formatsFor } from '#app/_format/formats'
import { parseOrderListParams } from '#app/_orders/search-params'
import { auth } from '#app/_session/session'
import { callerOf } from '#app/_session/tenant-db'
import * as activity from '#db/activity/activity'
import { csvLine } from '#db/product/csv'
import { withTenant, tenancy } from '#db/tenancy'
import {
  RowhouseError,
  limitsOf,
  countLimit,
  parseCursor,
  type Cursor,
  type Page,
} from '@rowhouse/tenancy'
import { decimalText } from '#db/money'
import { list, type OrderRow } from '#db/product/order-list'
import { may } from '#db/accounts/permissions'

const pageRows = 500

/**
 * The filtered order list as CSV. It is read page by page, each in its own transaction, as fast as
 * the client downloads.
 */
export async function GET(request: Request): Promise<Response> {
  const session = await auth()
  if (!session?.tenant) return new Response('Sign in first.', { status: 401 })
  const { tenant } = session
  if (!may(tenant.role, 'data:export'))
    return new Response('Your role may not export data; ask an owner or admin.', { status: 403 })
  const caller = callerOf({ ...session, tenant })
  const query = new URL(request.url).searchParams
  const { filter, view } = parseOrderListParams(
    Object.fromEntries([...query.keys()].map((key) => [key, query.getAll(key)])),
    await formatsFor(tenant),
    pageRows,
  )

  const { exportRows } = await limitsOf(tenancy(), tenant.id)
  try {
    await withTenant(caller, (tx) =>
      activity.record(tx, 'orders.exported', { name: 'orders as CSV', id: null }),
    )
  } catch (error) {
    if (RowhouseError.is(error) && statusOf(error) !== 500)
      return new Response(error.message, { status: statusOf(error) })
    throw error
  }
  const readPage = (cursor: Cursor | null) =>
    withTenant(caller, (tx) => list(tx, filter, { ...view, size: pageRows, cursor }))
  return new Response(csvStream(readPage, tenant, exportRows), {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="orders-${tenant.slug}.csv"`,
      'cache-control': 'private, no-store',
    },
  })
}

/** Reads a page whenever the client wants more. A file with more than `exportRows` rows is cut off. */
function csvStream(
  readPage: (cursor: Cursor | null) => Promise<Page<OrderRow>>,
  tenant: { id: string; currency: string },
  exportRows: number,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let remaining = exportRows
  let cursor: Cursor | null = null
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`\uFEFF${csvHeader}`)),
    async pull(controller) {
      const page = await readPage(cursor)
      if (page.rows.length > 0)
        controller.enqueue(encoder.encode(csvOf(page.rows, tenant.currency)))
      remaining -= page.rows.length
      cursor = parseCursor(page.next ?? undefined, false)
      if (cursor && remaining <= 0) {
        countLimit(tenancy(), tenant.id, 'export_rows')
        controller.enqueue(
          encoder.encode(
            csvLine([
              `Cut off here: this organisation may export ${exportRows} orders at a time. Narrow the filter for the rest.`,
            ]),
          ),
        )
        cursor = null
      }
      if (!cursor) controller.close()
    },
  })
}

const csvHeader = csvLine([
  'Number',
  'Placed',
  'Customer',
  'Status',
  'Lines',
  'Total',
  'Currency',
  'Note',
  'Changed',
])

const csvOf = (rows: OrderRow[], currency: string) =>
  rows
    .map((row) =>
      csvLine([
        row.number,
        row.placedAt.toISOString(),
        row.customer,
        row.status,
        row.lines,
        decimalText(row.totalMinor, currency),
        currency,
        row.note,
        row.updatedAt.toISOString(),
      ]),
    )
    .join('')
