import { NextResponse, type NextRequest } from 'next/server'
import { asSentence } from './app/_format/sentence'
import { busyResponse } from './app/_http/busy-response'
import { isEmailHtmlPath, emailCsp } from './app/_http/email-csp'
import { requireSameOrigin } from './app/_http/same-origin'
import { sessionCookie } from './db/accounts/session-cookie'
import { env } from './db/env'
import { ForeignOrigin } from './db/errors'
import { TooBusy, countSessionRequest } from '@rowhouse/tenancy'
import { tenancy } from './db/tenancy'

const development = process.env.NODE_ENV === 'development'

/**
 * Refuses actions of other origins in words, which Next would answer with an error. Sets a script
 * nonce for each page, passes the path on for redirects after sign-in, and rejects requests of a
 * tenant above its rate limit. Authorization does not depend on it.
 */
export async function proxy(request: NextRequest) {
  if (!isDecodable(request.nextUrl.pathname))
    return new NextResponse('This address is not a valid one.', {
      status: 400,
      headers: { 'content-type': 'text/plain' },
    })
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64')
  // this header overrides the one that a route sets
  const policy = isEmailHtmlPath(request.nextUrl.pathname) ? emailCsp : contentSecurityPolicy(nonce)
  const counted = await countRequest(request)
  if (TooBusy.is(counted)) {
    const response = busyResponse({
      seconds: counted.retryAfterSeconds,
      wantsPage: request.headers.get('accept')?.includes('text/html') ?? false,
      nonce,
      back: request.nextUrl.pathname,
    })
    response.headers.set('content-security-policy', policy)
    return response
  }
  const headers = new Headers(request.headers)
  if (isAction(request)) {
    const refusal = refuseForeignOrigin(request)
    if (refusal) return refusal
    // Next compares the origin with the Host that it received, which a proxy may have replaced
    const origin = request.headers.get('origin')
    if (origin !== null) headers.set('x-forwarded-host', new URL(origin).host)
  }
  headers.set('content-security-policy', policy)
  headers.set('x-nonce', nonce)
  headers.set('x-rowhouse-path', request.nextUrl.pathname + request.nextUrl.search)
  headers.set('x-rowhouse-counted', String(counted))
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  response.headers.set('cache-control', 'private, no-store')
  return response
}

const isAction = ({ method, headers }: NextRequest) =>
  method === 'POST' &&
  (headers.has('next-action') ||
    (headers.get('content-type')?.startsWith('multipart/form-data') ?? false))

/** A request without an Origin header passes, because `requireSameOrigin` refuses it in its form. */
function refuseForeignOrigin({ headers }: NextRequest): Response | undefined {
  if (!headers.has('origin')) return undefined
  try {
    requireSameOrigin(headers)
    return undefined
  } catch (error) {
    if (!ForeignOrigin.is(error)) throw error
    // the client passes on a plain text as the message of an error: see `callAction`
    const { code } = error
    const message = asSentence(error.message)
    return new Response(headers.has('next-action') ? JSON.stringify({ code, message }) : message, {
      status: 403,
      headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' },
    })
  }
}

/** Next responds with 500 if it cannot decode a path. */
function isDecodable(pathname: string): boolean {
  try {
    decodeURIComponent(pathname)
    return true
  } catch {
    return false
  }
}

/**
 * Counts the request of a known session. False means that `auth` has to count it. Actions count
 * themselves, because only they can show the error in their form.
 */
async function countRequest(request: NextRequest): Promise<boolean | TooBusy> {
  const { pathname } = request.nextUrl
  if (pathname === '/busy' || (request.method === 'POST' && request.headers.has('next-action')))
    return true
  const cookie = request.cookies.get(sessionCookie(env().APP_URL).name)
  try {
    return cookie !== undefined && (await countSessionRequest(tenancy(), cookie.value))
  } catch (error) {
    if (TooBusy.is(error)) return error
    throw error
  }
}

function contentSecurityPolicy(nonce: string) {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    // the development overlay adds style tags
    `style-src 'self' ${development ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${development ? ' ws:' : ''}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ')
}

export const config = {
  // prefetches too, because any client can send a prefetch header to avoid being counted
  matcher: ['/((?!_next/static|_next/image|icon.svg|favicon.ico).*)'],
}
