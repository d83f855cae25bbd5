import { env } from '#db/env'
import { ForeignOrigin } from '#db/errors'

/**
 * Refuses a request that changes something and was not sent by a page of this site. A browser names
 * the origin with every such request; without it, or with `null`, it is refused as well. Throws
 * ForeignOrigin.
 */
export function requireSameOrigin(headers: Headers): void {
  const given = headers.get('origin')
  const url = given === null ? null : URL.parse(given)
  const ours =
    url !== null &&
    (url.origin === new URL(env().APP_URL).origin || url.host === headers.get('host'))
  if (!ours) throw new ForeignOrigin(given ?? 'nowhere')
}
