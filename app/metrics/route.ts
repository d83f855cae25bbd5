import { createHash, timingSafeEqual } from 'node:crypto'
import { env } from '#db/env'
import { metrics } from '#db/metrics'

export const dynamic = 'force-dynamic'

/** Prometheus text, for whoever has METRICS_TOKEN. Without one this address does not exist. */
export function GET(request: Request): Response {
  const token = env().METRICS_TOKEN
  if (!token) return new Response('Not found.', { status: 404 })
  const given = request.headers.get('authorization') ?? ''
  if (!timingSafeEqual(digest(given), digest(`Bearer ${token}`)))
    return new Response('METRICS_TOKEN is needed.', {
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    })
  return new Response(metrics(), {
    headers: {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'cache-control': 'no-store',
    },
  })
}

const digest = (text: string) => createHash('sha256').update(text).digest()
