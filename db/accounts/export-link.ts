import { createHmac, timingSafeEqual } from 'node:crypto'
import { env } from '#db/env'

/** How long a link on a page works. The page that shows it makes a new one each time. */
const minutes = 15

const signature = (sessionId: string, exportId: string, until: number) =>
  createHmac('sha256', env().AUTH_SECRET)
    .update(`export link|${sessionId}|${exportId}|${until}`)
    .digest('base64url')

/**
 * The address of an export's file for one session, for a short time. Whoever follows it is looked
 * at again.
 */
export function linkTo(sessionId: string, exportId: string, now = Date.now()): string {
  const until = now + minutes * 60_000
  return `/api/exports/${exportId}?until=${until}&key=${signature(sessionId, exportId, until)}`
}

/** True for a link that was made for this session and export and is not too old. */
export function isLink(
  sessionId: string,
  exportId: string,
  given: { until: string | null; key: string | null },
  now = Date.now(),
): boolean {
  const until = Number(given.until)
  if (!Number.isSafeInteger(until) || until < now || until > now + minutes * 60_000) return false
  const expected = Buffer.from(signature(sessionId, exportId, until))
  const found = Buffer.from(given.key ?? '')
  return expected.length === found.length && timingSafeEqual(expected, found)
}
