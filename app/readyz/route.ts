import { log } from '#db/log'
import { requestState } from '#app/_http/request-log'
import { readiness } from '@rowhouse/tenancy/checks'
import { tenancy } from '#db/tenancy'

export const dynamic = 'force-dynamic'

/** Readiness: the app can serve. This route is public, so problems are logged instead of returned. */
export async function GET(): Promise<Response> {
  const { ready, problems } = requestState().draining
    ? { ready: false, problems: ['draining'] }
    : await readiness(tenancy())
  if (!ready) log().warn({ problems }, 'not ready')
  return Response.json(
    { ready },
    { status: ready ? 200 : 503, headers: { 'Cache-Control': 'no-store' } },
  )
}
