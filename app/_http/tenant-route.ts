import { statusOf } from '#app/_http/status-of'
import 'server-only'
import { cleanSearch } from '#app/_http/list-search-params'
import { auth } from '#app/_session/session'
import { callerOf } from '#app/_session/tenant-db'
import { withTenant } from '#db/tenancy'
import { type TenantTx, RowhouseError, TooBusy } from '@rowhouse/tenancy'

/** A route handler's way to the session's tenant: answers JSON, and refuses in JSON too. */
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

/** The search that a request asks for in `q`. */
export const searchText = (request: Request) =>
  cleanSearch(new URL(request.url).searchParams.get('q'))
