import { seen } from '#app/requests'
import { readiness } from '#db/doctor/health'

export const dynamic = 'force-dynamic'

/**
 * The app may be sent traffic. What is wrong goes to the log: this address is open to everybody.
 */
export async function GET(): Promise<Response> {
  const { ready, problems } = seen().draining
    ? { ready: false, problems: ['draining'] }
    : await readiness()
  if (!ready) console.error('not ready', problems)
  return Response.json(
    { ready },
    { status: ready ? 200 : 503, headers: { 'Cache-Control': 'no-store' } },
  )
}
