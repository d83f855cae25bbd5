import { busyAnswer } from '#app/busy-page'
import { localPath } from '#app/local-path'

export const dynamic = 'force-dynamic'

/**
 * Where a page that met a limit while it was being drawn sends its reader: by then it can no longer
 * answer 429 itself.
 */
export function GET(request: Request): Response {
  const asked = new URL(request.url).searchParams
  const seconds = Math.min(60, Math.max(1, Math.trunc(Number(asked.get('wait'))) || 1))
  return busyAnswer({
    seconds,
    wantsPage: true,
    nonce: request.headers.get('x-nonce') ?? '',
    back: localPath(asked.get('back') ?? undefined),
  })
}
