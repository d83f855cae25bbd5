import { busyResponse } from '#app/_http/busy-response'
import { safeRedirectPath } from '#app/_http/safe-redirect-path'

export const dynamic = 'force-dynamic'

/** The 429 page that `redirectToBusyPage` leads to. */
export function GET(request: Request): Response {
  const query = new URL(request.url).searchParams
  const seconds = Math.min(60, Math.max(1, Math.trunc(Number(query.get('wait'))) || 1))
  return busyResponse({
    seconds,
    wantsPage: true,
    nonce: request.headers.get('x-nonce') ?? '',
    back: safeRedirectPath(query.get('back') ?? undefined),
  })
}
