import type { IncomingMessage } from 'node:http'
import { stateOf } from '@rowhouse/tenancy'
import { env } from '#db/env'
import { log } from '#db/log'
import { tenancy } from '#db/tenancy'

const warned = stateOf('warnings about the proxy', () => new Set<string>())

/** What a proxy has to pass on, by the name of the header. */
const remedies = {
  host: 'let the proxy pass the Host header (nginx: proxy_set_header Host $http_host), or correct APP_URL',
  'x-forwarded-host':
    'let the proxy set it to the Host of the browser or not at all, or correct APP_URL',
  'x-forwarded-proto': 'let the proxy set it to the scheme of the browser, or correct APP_URL',
}

// clients can send any value, and the log should not grow with each
const mostWarnings = 10

/**
 * Logs a header that does not fit APP_URL, once for each value. Probes are ignored, because they use
 * the address of the container.
 */
export function warnAboutProxy({ headers, url = '' }: IncomingMessage): void {
  const { NODE_ENV, APP_URL } = env()
  if (NODE_ENV !== 'production' || /^\/(healthz|readyz|metrics)\b/.test(url)) return
  for (const { header, received } of headersThatDisagree(headers, APP_URL)) {
    const values = warned(tenancy())
    const value = `${header}: ${received}`
    if (values.has(value) || values.size >= mostWarnings) continue
    values.add(value)
    log().warn(
      { header, received: received.slice(0, 100), appUrl: APP_URL, remedy: remedies[header] },
      'a header of the proxy does not fit APP_URL',
    )
  }
}

/** Exported for its test. */
export function headersThatDisagree(
  headers: IncomingMessage['headers'],
  appUrl: string,
): { header: keyof typeof remedies; received: string }[] {
  const { host, protocol } = new URL(appUrl)
  const first = (name: string) =>
    String(headers[name] ?? '')
      .split(',')[0]
      ?.trim() ?? ''
  const hostHeader = headers['x-forwarded-host'] === undefined ? 'host' : 'x-forwarded-host'
  const found = [
    { header: hostHeader, received: first(hostHeader), expected: host },
    {
      header: 'x-forwarded-proto',
      received: first('x-forwarded-proto'),
      expected: protocol.slice(0, -1),
    },
  ] as const
  return found.filter(({ received, expected }) => received !== '' && received !== expected)
}
