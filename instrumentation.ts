import type { Instrumentation } from 'next'

export async function register() {
  if (process.env.NEXT_RUNTIME === 'nodejs') await (await import('./app/_http/boot')).boot()
}

/** Logs the digest that an error page shows, with the request and the error. */
export const onRequestError: Instrumentation.onRequestError = async (
  error,
  { headers },
  { routePath, routeType },
) => {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { errorFields, log } = await import('./db/log')
  const digest =
    typeof error === 'object' && error !== null && 'digest' in error
      ? String(error.digest)
      : undefined
  log().error(
    { requestId: headers['x-request-id'], digest, routePath, routeType, ...errorFields(error) },
    'request failed',
  )
}
