import { env } from '#db/env'

/**
 * The network address of whoever sent a request, or null when nobody can vouch for it.
 * X-Forwarded-For is a list to which each proxy appends whom it spoke to, and whose front a client
 * can make up: the entry that counts is as far from the end as there are proxies of ours
 * (TRUSTED_PROXIES). Without one the header is not believed, and attempts are counted per account
 * only.
 */
export function clientIp(headers: Headers): string | null {
  const { TRUSTED_PROXIES: proxies } = env()
  if (proxies === 0) return null
  const hops =
    headers
      .get('x-forwarded-for')
      ?.split(',')
      .map((hop) => hop.trim()) ?? []
  return hops.at(-proxies)?.slice(0, 64) || null
}
