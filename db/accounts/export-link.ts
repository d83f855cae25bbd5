import { createHmac, timingSafeEqual } from 'node:crypto'
import { env } from '#db/env'

// every rendering of the page signs a new link
const minutes = 15

const signature = (sessionId: string, exportId: string, until: number) =>
  createHmac('sha256', env().AUTH_SECRET)
    .update(`export link|${sessionId}|${exportId}|${until}`)
    .digest('base64url')

/**
 * Signs the address of an export's file for one session, for 15 minutes. The route that serves the
 * file checks the member's rights again.
 */
export function signExportLink(sessionId: string, exportId: string, now = Date.now()): string {
  const until = now + minutes * 60_000
  return `/api/exports/${exportId}?until=${until}&key=${signature(sessionId, exportId, until)}`
}

/** Checks that a link was signed for this session and export, and has not expired. */
export function verifyExportLink(
  sessionId: string,
  exportId: string,
  query: { until: string | null; key: string | null },
  now = Date.now(),
): boolean {
  const until = Number(query.until)
  if (!Number.isSafeInteger(until) || until < now || until > now + minutes * 60_000) return false
  const expected = Buffer.from(signature(sessionId, exportId, until))
  const actual = Buffer.from(query.key ?? '')
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}
