import { env } from '#db/env'

/**
 * The client's IP address, or null when it cannot be trusted.
 *
 * Each proxy appends the address it was called from to X-Forwarded-For, and a client can forge the
 * front of the list. Behind TRUSTED_PROXIES proxies, the client is the entry at that position from
 * the end. Without a proxy the header is ignored, and attempts are throttled per account only.
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
