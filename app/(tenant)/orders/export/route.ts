import { formatsFor } from '#app/formats'
import { readAddress } from '#app/order-address'
import { auth } from '#app/session'
import { callerOf } from '#app/tenant-db'
import * as activity from '#db/product/activity'
import { csvLine } from '#db/product/csv'
import { withTenant } from '#db/door'
import { RowhouseError } from '#db/errors'
import { parseCursor, type Cursor } from '#db/product/keyset'
import { limitsOf } from '#db/limits/limits'
import { decimalText } from '#db/product/money'
import { list } from '#db/product/order-list'
import { may } from '#db/accounts/permissions'
import { countLimit } from '#db/limits/usage'

const partOf = 500

/**
 * What the list shows, as CSV. Read in parts, each in a transaction of its own, as fast as the
 * reader takes them.
 */
export async function GET(request: Request): Promise<Response> {
  const session = await auth()
  if (!session?.tenant) return new Response('Sign in first.', { status: 401 })
  const { tenant } = session
  if (!may(tenant.role, 'data:export'))
    return new Response('Your role may not export data; ask an owner or admin.', { status: 403 })
  const caller = callerOf({ ...session, tenant })
  const given = new URL(request.url).searchParams
  const { filter, view } = readAddress(
    Object.fromEntries([...given.keys()].map((key) => [key, given.getAll(key)])),
    await formatsFor(tenant),
    partOf,
  )

  const { exportRows } = await limitsOf(tenant.id)
  let left = exportRows
  let cursor: Cursor | null = null
  const read = () => withTenant(caller, (tx) => list(tx, filter, { ...view, size: partOf, cursor }))
  const write = ({ rows }: Awaited<ReturnType<typeof read>>) =>
    rows
      .map((row) =>
        csvLine([
          row.number,
          row.placedAt.toISOString(),
          row.customer,
          row.status,
          row.lines,
          decimalText(row.totalMinor, tenant.currency),
          tenant.currency,
          row.note,
          row.updatedAt.toISOString(),
        ]),
      )
      .join('')

  try {
    await withTenant(caller, (tx) =>
      activity.record(tx, 'orders.exported', { name: 'orders as CSV', id: null }),
    )
  } catch (error) {
    if (error instanceof RowhouseError && error.status !== 500)
      return new Response(error.message, { status: error.status })
    throw error
  }
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) =>
      controller.enqueue(
        encoder.encode(
          `\uFEFF${csvLine(['Number', 'Placed', 'Customer', 'Status', 'Lines', 'Total', 'Currency', 'Note', 'Changed'])}`,
        ),
      ),
    async pull(controller) {
      const part = await read()
      if (part.rows.length > 0) controller.enqueue(encoder.encode(write(part)))
      left -= part.rows.length
      cursor = parseCursor(part.next ?? undefined, false)
      if (cursor && left <= 0) {
        countLimit(tenant.id, 'rows of an export')
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
  return new Response(body, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="orders-${tenant.slug}.csv"`,
      'cache-control': 'private, no-store',
    },
  })
}
