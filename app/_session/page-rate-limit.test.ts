import { encode } from 'next-auth/jwt'
import { NextRequest } from 'next/server'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { createTestTenant } from '#db/isolation/testing/test-tenants'
import { setLimits, usageSoFar, closePools } from '@rowhouse/tenancy'
import * as sessions from '#db/accounts/sessions'
import { env } from '#db/env'
import { proxy } from '../../proxy'
import { tenancy } from '#db/tenancy'

const now = vi.hoisted(() => ({ request: undefined as NextRequest | undefined }))
vi.mock('next/headers', () => ({
  headers: async () => now.request?.headers,
  cookies: async () => now.request?.cookies,
}))
vi.mock('next/navigation', () => ({
  redirect: (to: string) => {
    throw new Error(`redirect to ${to}`)
  },
}))
// next-auth's sign-in does not load outside Next; reading its cookie does
vi.mock('next-auth', () => ({
  default: () => ({ handlers: {}, signOut: () => {}, signIn: () => {} }),
  CredentialsSignin: Error,
}))
const { auth } = await import('#app/_session/session')

const limit = 3
const name = 'rowhouse.session'
let cookie: string
let tenantId: string
beforeEach(async () => {
  const { id, owner } = await createTestTenant('shared', 'a', 1)
  tenantId = id
  await setLimits(
    tenancy(),
    { tenantId, actor: 'test', reason: 'test' },
    { requestsPerMinute: limit },
  )
  cookie = await encodeSession(owner.token)
})
afterAll(() => closePools(tenancy()))

const encodeSession = (secret: string) =>
  encode({ token: { secret }, secret: env().AUTH_SECRET, salt: name })

/** Requests one page through the proxy, as a browser with these cookies. */
async function visit(
  cookies: string,
  more: Record<string, string> = {},
): Promise<'page' | 'signed out' | 'busy'> {
  const request = new NextRequest('http://localhost:3000/orders', {
    headers: { cookie: cookies, ...more },
  })
  const passed = await proxy(request)
  if (passed.status === 429) return 'busy'
  for (const [header, value] of passed.headers)
    if (header.startsWith('x-middleware-request-'))
      request.headers.set(header.slice('x-middleware-request-'.length), value)
  now.request = request
  try {
    return (await auth()) ? 'page' : 'signed out'
  } catch (error) {
    if (
      error instanceof Error &&
      /^redirect to \/busy\?wait=\d+&back=%2Forders$/.test(error.message)
    )
      return 'busy'
    throw error
  }
}

test('every page of a session is counted once, including the first', async () => {
  for (let i = 0; i < limit; i++) expect(await visit(`${name}=${cookie}`)).toBe('page')
  expect(usageSoFar(tenancy()).total.get(tenantId)?.requests).toBe(limit)
  expect(await visit(`${name}=${cookie}`)).toBe('busy')
})

test('a forged header that marks the request as counted is ignored', async () => {
  for (let i = 0; i < limit; i++)
    expect(
      await visit(
        `${name}=${cookie.slice(0, -1)}%${cookie.charCodeAt(cookie.length - 1).toString(16)}`,
        { 'x-rowhouse-counted': 'true' },
      ),
    ).toBe('page')
  expect(await visit(`${name}=${cookie}`, { 'x-rowhouse-counted': 'true' })).toBe('busy')
})

test('a session cookie split into chunks is not accepted', async () => {
  for (const at of [20, 30, 40])
    expect(await visit(`${name}.0=${cookie.slice(0, at)}; ${name}.1=${cookie.slice(at)}`)).toBe(
      'signed out',
    )
  expect(await visit(`${name}=${cookie}; ${name}.0=x`)).toBe('page')
})

test('other spellings of the same cookie, or another cookie beside it, do not bypass the limit', async () => {
  const [, , , text = ''] = cookie.split('.')
  const strings = [
    cookie,
    cookie.replace(text, `${text.slice(0, 9)}%20${text.slice(9)}`),
    cookie.replace(text, `${text.slice(0, 5)}%20%20${text.slice(5)}`),
  ]
  for (const string of strings)
    expect(await visit(`__Host-${name}=${string.length}; ${name}=${string}`)).toBe('page')
  expect(await visit(`__Host-${name}=x; ${name}=${cookie}`)).toBe('busy')
})

test('the cookie of a session that has ended uses up none of the requests of its tenant', async () => {
  const { owner, id } = await createTestTenant('shared', 'b', 1)
  await setLimits(
    tenancy(),
    { tenantId: id, actor: 'test', reason: 'test' },
    { requestsPerMinute: 30 },
  )
  const secret = await sessions.start(owner.actor.id ?? '', { device: 'test', address: '' })
  const ended = `${name}=${await encodeSession(secret)}`
  const live = `${name}=${await encodeSession(owner.token)}`
  expect([await visit(ended), await visit(live)]).toEqual(['page', 'page'])
  await sessions.end(secret)
  // paths that read no session, and pages that do
  for (let i = 0; i < 40; i++)
    await proxy(new NextRequest('http://localhost:3000/unknown', { headers: { cookie: ended } }))
  expect(await visit(live)).toBe('page')
  for (let i = 0; i < 25; i++) expect(await visit(ended)).toBe('signed out')
  for (let i = 0; i < 27; i++) expect(await visit(live)).toBe('page')
  expect(await visit(live)).toBe('busy')
})
