import { createHash, timingSafeEqual } from 'node:crypto'
import { env } from '#db/env'
import { renderMetrics } from '#db/metrics'
import { tenancy } from '#db/tenancy'

/**
 * Answers a request for the metrics of this process: 404 without METRICS_TOKEN in the environment,
 * 401 without that token as bearer.
 * @param authorization - The request's `Authorization` header.
 */
export async function metricsResponse(authorization: string | null | undefined): Promise<Response> {
  const token = env().METRICS_TOKEN
  if (!token) return new Response('Not found.', { status: 404 })
  if (!timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`)))
    return new Response('METRICS_TOKEN is needed.', {
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    })
  const { text, contentType } = await renderMetrics(tenancy())
  return new Response(text, {
    headers: { 'content-type': contentType, 'cache-control': 'no-store' },
  })
}

const digest = (text: string) => createHash('sha256').update(text).digest()
