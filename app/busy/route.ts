import { busyResponse } from '#app/_http/busy-response'
import { safeRedirectPath } from '#app/_http/safe-redirect-path'

export const dynamic = 'force-dynamic'

/**
 * Where a page that met a limit while it was being drawn sends its reader: by then it can no longer
 * answer 429 itself.
 */
export function GET(request: Request): Response {
  const asked = new URL(request.url).searchParams
  const seconds = Math.min(60, Math.max(1, Math.trunc(Number(asked.get('wait'))) || 1))
  return busyResponse({
    seconds,
    wantsPage: true,
    nonce: request.headers.get('x-nonce') ?? '',
    back: safeRedirectPath(asked.get('back') ?? undefined),
  })
}
