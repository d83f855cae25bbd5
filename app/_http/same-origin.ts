import { env } from '#db/env'
import { ForeignOrigin } from '#db/errors'

/**
 * Refuses a state-changing request unless a page of this site sent it. Browsers send the Origin
 * header with every such request, so a missing or opaque one is refused too.
 * @throws ForeignOrigin
 */
export function requireSameOrigin(headers: Headers): void {
  const origin = headers.get('origin')
  const url = origin === null ? null : URL.parse(origin)
  const isOurs =
    url !== null &&
    (url.origin === new URL(env().APP_URL).origin || url.host === headers.get('host'))
  if (!isOurs) throw new ForeignOrigin(url && origin, env().APP_URL)
}
