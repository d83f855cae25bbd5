import type { Instrumentation } from 'next'

export async function register() {
  if (process.env.NEXT_RUNTIME === 'nodejs') await (await import('./app/_http/boot')).boot()
}

/** Ties what an error page shows, the digest, to the request and to the kind of error. */
export const onRequestError: Instrumentation.onRequestError = async (
  error,
  { headers },
  { routePath, routeType },
) => {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { factsOf, log } = await import('./db/log')
  const digest =
    typeof error === 'object' && error !== null && 'digest' in error
      ? String(error.digest)
      : undefined
  log().error(
    { requestId: headers['x-request-id'], digest, routePath, routeType, ...factsOf(error) },
    'request failed',
  )
}
