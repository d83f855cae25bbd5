import 'server-only'
import { auth } from '#app/session'
import { callerOf } from '#app/tenant-db'
import { withTenant, type TenantTx } from '#db/door'
import { RowhouseError, TooBusy } from '#db/errors'

/** A route handler's way to the session's tenant: answers JSON, and refuses in JSON too. */
export async function tenantJson(work: (tx: TenantTx) => Promise<unknown>): Promise<Response> {
  const headers = { 'cache-control': 'private, no-store' }
  const session = await auth()
  if (!session?.tenant) return Response.json({ error: 'sign in first' }, { status: 401, headers })
  const caller = callerOf({ ...session, tenant: session.tenant })
  try {
    return Response.json(await withTenant(caller, work), { headers })
  } catch (error) {
    if (error instanceof RowhouseError && error.status !== 500)
      return Response.json(
        { error: error.message },
        {
          status: error.status,
          headers: {
            ...headers,
            ...(error instanceof TooBusy && { 'retry-after': String(error.retryAfterSeconds) }),
          },
        },
      )
    throw error
  }
}

/** The words of a search, as short as they may be. */
export const wordsOf = (request: Request) =>
  (new URL(request.url).searchParams.get('q') ?? '').replaceAll('\0', '').trim().slice(0, 100)
