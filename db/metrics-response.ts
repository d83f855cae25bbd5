import { createHash, timingSafeEqual } from 'node:crypto'
import { env } from '#db/env'
import { renderMetrics } from '#db/metrics'
import { tenancy } from '#db/tenancy'

/**
 * Responds to a request for the metrics of this process: with 404 if METRICS_TOKEN is not set, and
 * with 401 if the request does not have it as a bearer token.
 *
 * @param authorization - The request's `Authorization` header.
 */
export async function metricsResponse(authorization: string | null | undefined): Promise<Response> {
  const token = env().METRICS_TOKEN
  if (!token) return new Response('Not found.', { status: 404 })
  if (!timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`)))
    return new Response('Send METRICS_TOKEN as a bearer token.', {
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    })
  const { text, contentType } = await renderMetrics(tenancy())
  return new Response(text, {
    headers: { 'content-type': contentType, 'cache-control': 'no-store' },
  })
}

const digest = (text: string) => createHash('sha256').update(text).digest()
