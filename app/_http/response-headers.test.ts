import { NextRequest } from 'next/server'
import { afterAll, expect, test } from 'vitest'
import config from '../../next.config'
import { proxy, config as proxyConfig } from '../../proxy'
import { closePools } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

afterAll(() => closePools(tenancy()))

const respond = (path: string, init: { method?: string; headers?: Record<string, string> } = {}) =>
  proxy(new NextRequest(`http://localhost:3000${path}`, init))

/** The directives of a policy by their name. */
const directives = (policy: string | null) =>
  new Map(
    (policy ?? '').split('; ').map((one) => {
      const [name = '', ...sources] = one.split(' ')
      return [name, sources.join(' ')] as const
    }),
  )

test.each(['/', '/orders', '/console', '/sign-in', '/missing', '/api/v1/orders', '/readyz'])(
  'the response to %s has the whole policy with a nonce, and is not stored',
  async (path) => {
    const { headers } = await respond(path)
    expect(headers.get('cache-control')).toBe('private, no-store')
    const found = directives(headers.get('content-security-policy'))
    const nonce = /'nonce-([\w+/=]{24})'/.exec(found.get('script-src') ?? '')?.[1]
    expect(nonce).toBeDefined()
    expect(Object.fromEntries(found)).toEqual({
      'default-src': "'none'",
      'script-src': `'self' 'nonce-${nonce}' 'strict-dynamic'`,
      'style-src': `'self' 'nonce-${nonce}'`,
      'img-src': "'self' data: blob:",
      'font-src': "'self'",
      'connect-src': "'self'",
      'manifest-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'self'",
      'frame-ancestors': "'none'",
      'object-src': "'none'",
    })
  },
)

test('each response has a nonce of its own', async () => {
  const [one, two] = [await respond('/'), await respond('/')]
  expect(one.headers.get('content-security-policy')).not.toBe(
    two.headers.get('content-security-policy'),
  )
})

test('an action of another origin is refused, and the refusal is not stored', async () => {
  const refused = await respond('/orders', {
    method: 'POST',
    headers: { 'next-action': 'x', origin: 'http://evil.example', host: 'localhost:3000' },
  })
  expect(refused.status).toBe(403)
  expect(refused.headers.get('cache-control')).toBe('no-store')
})

test('every path but static files passes the proxy, also with a prefetch header', () => {
  expect(proxyConfig.matcher).toEqual(['/((?!_next/static|_next/image|icon.svg|favicon.ico).*)'])
})

test('every response forbids frames, sniffing, other origins and plain HTTP', async () => {
  const [rule, ...others] = (await config.headers?.()) ?? []
  expect(others).toEqual([])
  expect(rule?.source).toBe('/:path*')
  expect(Object.fromEntries(rule?.headers.map(({ key, value }) => [key, value]) ?? [])).toEqual({
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'Permissions-Policy':
      'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  })
})
