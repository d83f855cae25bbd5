import { statusOf } from '#app/_http/status-of'
import 'server-only'
import { cleanSearch } from '#app/_http/list-search-params'
import { auth } from '#app/_session/session'
import { callerOf } from '#app/_session/tenant-db'
import { withTenant } from '#db/tenancy'
import { type TenantTx, RowhouseError, TooBusy } from '@rowhouse/tenancy'

/**
 * Responds with JSON from the session's tenant; errors are JSON too.
 * @param work - Runs in a tenant transaction, and may run twice: the transaction is retried when the
 *   tenant has moved in between.
 */
export async function tenantJson(work: (tx: TenantTx) => Promise<unknown>): Promise<Response> {
  const headers = { 'cache-control': 'private, no-store' }
  const session = await auth()
  if (!session?.tenant) return Response.json({ error: 'sign in first' }, { status: 401, headers })
  const caller = callerOf({ ...session, tenant: session.tenant })
  try {
    return Response.json(await withTenant(caller, work), { headers })
  } catch (error) {
    if (RowhouseError.is(error) && statusOf(error) !== 500)
      return Response.json(
        { error: error.message },
        {
          status: statusOf(error),
          headers: {
            ...headers,
            ...(TooBusy.is(error) && { 'retry-after': String(error.retryAfterSeconds) }),
          },
        },
      )
    throw error
  }
}

/** The search in the request's parameter `q`. */
export const searchText = (request: Request) =>
  cleanSearch(new URL(request.url).searchParams.get('q'))
