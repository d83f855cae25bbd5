import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import type { NextRequest } from 'next/server'
import NextAuth, { CredentialsSignin, type Account, type User } from 'next-auth'
import { getToken, type JWT } from 'next-auth/jwt'
import Credentials from 'next-auth/providers/credentials'
import { cache } from 'react'
import 'server-only'
import { z } from 'zod'
import { clientIp } from '#app/_http/client-ip'
import { setCookie, readCookie } from '#app/_session/cookies'
import { oauthProviders } from '#app/_session/oauth-providers'
import { redirectToBusyPage } from '#app/_http/redirect-to-busy-page'
import * as devices from '#db/accounts/devices'
import { setRequestUser } from '#app/_http/request-log'
import { env } from '#db/env'
import {
  countTenantRequest,
  forgetSession,
  limitsOf,
  rememberSession,
  TooBusy,
} from '@rowhouse/tenancy'
import { AccountBlocked, TooManyAttempts } from '#db/errors'
import * as identities from '#db/accounts/identities'
import * as secondFactor from '#db/accounts/second-factor'
import { sessionCookie } from '#db/accounts/session-cookie'
import * as sessions from '#db/accounts/sessions'
import { checkCredentials, isBanned } from '#db/accounts/sign-in'
import * as tickets from '#db/accounts/tickets'
import { tenancy } from '#db/tenancy'

// The only file that uses next-auth. Its JWT carries nothing but a random session secret. The
// session itself is read from the database on every request, so a revoked session ends at once.

export type Session = sessions.SessionInfo & { token: string }
export type TenantSession = Session & { tenant: sessions.SessionTenant }

/** A refused sign-in. `code` is `credentials`, `code`, `blocked` or `wait-<seconds>`. */
class SignInRefused extends CredentialsSignin {
  constructor(code: string) {
    super()
    this.code = code
  }
}

const cookie = () => sessionCookie(env().APP_URL)
const codePage = '/sign-in/code'
const codeMinutes = 10
const ticketSchema = z.object({ ticket: z.string().max(1000) })
const passwordSchema = z.object({ email: z.string().max(500), password: z.string().max(1000) })

const nextAuth = NextAuth(() => {
  const { AUTH_SECRET, APP_URL } = env()
  // the configured address takes precedence over the Host header of a request
  process.env.AUTH_URL ??= APP_URL
  return {
    secret: AUTH_SECRET,
    trustHost: true,
    useSecureCookies: cookie().secure,
    session: { strategy: 'jwt', maxAge: 30 * 86_400 },
    pages: { signIn: '/sign-in', error: '/sign-in' },
    cookies: hostCookies(),
    logger: {
      error: (error) => {
        const type = 'type' in error ? String(error.type) : error.name
        // the form shows a wrong password
        if (type !== 'CredentialsSignin') console.error(`sign-in: ${type}`)
      },
    },
    providers: [passwordOrTicket(), ...oauthProviders()],
    callbacks: {
      signIn: ({ account, user }) => mayProviderSignIn(account, user),
      jwt: ({ token, user, account }) => sessionJwt(token, user, account),
      // the public session endpoint reveals that there is a session, but not its content
      session: ({ session }) => ({ expires: session.expires }),
    },
  }
})

export const { handlers, signOut } = nextAuth

const passwordOrTicket = () =>
  Credentials({
    credentials: { ticket: {}, email: {}, password: {} },
    authorize: async (input, { headers }) => {
      const userId = await authorizeUser(input, headers)
      return { id: userId, secret: await newSessionSecret(userId, headers) }
    },
  })

/** @returns True, or the page to redirect to: users with a second factor enter their code first. */
async function mayProviderSignIn(
  account: Account | null | undefined,
  user: User,
): Promise<boolean | string> {
  if (!account || account.type === 'credentials') return true
  const userId = await identities.signInWith({
    provider: account.provider,
    subject: account.providerAccountId,
    email: user.email ?? null,
    name: user.name ?? '',
  })
  if (!userId) return '/sign-in?error=unverified'
  if (await isBanned(userId)) return '/sign-in?error=blocked'
  if (!(await secondFactor.isOn(userId))) return true
  await askForCode(userId)
  return codePage
}

/**
 * The content of the JWT. Only a new sign-in sets a secret; session updates that a browser posts
 * are ignored.
 */
async function sessionJwt(
  token: JWT,
  user: User | undefined,
  account: Account | null | undefined,
): Promise<JWT> {
  if (user && 'secret' in user) return { secret: user.secret }
  if (!account || account.type === 'credentials') return token
  const userId = await identities.linkedUser(account.provider, account.providerAccountId)
  return userId ? { secret: await newSessionSecret(userId, await headers()) } : {}
}

const newSessionSecret = (userId: string, from: Headers): Promise<string> =>
  sessions.start(userId, {
    device: from.get('user-agent') ?? '',
    address: clientIp(from) ?? '',
  })

function hostCookies() {
  const { name, secure } = cookie()
  const cookieName = (kind: string) => (secure ? `__Host-rowhouse.${kind}` : `rowhouse.${kind}`)
  const options = { httpOnly: true, sameSite: 'lax' as const, path: '/', secure }
  const short = { ...options, maxAge: 15 * 60 }
  return {
    sessionToken: { name, options },
    csrfToken: { name: cookieName('csrf'), options },
    callbackUrl: { name: cookieName('callback'), options },
    pkceCodeVerifier: { name: cookieName('pkce'), options: short },
    state: { name: cookieName('state'), options: short },
    nonce: { name: cookieName('nonce'), options: short },
  }
}

/**
 * False when the callback URL in the query or cookie is not a valid URL. next-auth would respond to
 * such a request with a server error.
 */
export function hasValidCallbackUrl(request: NextRequest): boolean {
  const addresses = [
    request.nextUrl.searchParams.get('callbackUrl'),
    request.cookies.get(hostCookies().callbackUrl.name)?.value,
  ]
  return addresses.every(
    (address) =>
      !address ||
      /^https?:$/.test(
        URL.parse(address, address.startsWith('/') ? env().APP_URL : undefined)?.protocol ?? '',
      ),
  )
}

/**
 * Accepts a ticket that this app has issued, or an email address with its password.
 *
 * @returns The user's id.
 * @throws SignInRefused
 */
async function authorizeUser(credentials: unknown, from: Headers): Promise<string> {
  const ticket = ticketSchema.safeParse(credentials)
  const userId = ticket.success ? tickets.verify('sign-in granted', ticket.data.ticket) : undefined
  if (userId) return userId
  const input = passwordSchema.safeParse(credentials)
  if (!input.success) throw new SignInRefused('credentials')
  try {
    const found = await checkCredentials({
      ...input.data,
      address: clientIp(from),
      device: undefined,
    })
    if (!found || found.needsCode) throw new SignInRefused(found ? 'code' : 'credentials')
    return found.userId
  } catch (error) {
    if (TooManyAttempts.is(error)) throw new SignInRefused(`wait-${error.retryAfterSeconds}`)
    if (AccountBlocked.is(error)) throw new SignInRefused('blocked')
    throw error
  }
}

/**
 * Remembers for ten minutes that the first factor was right.
 *
 * @returns The page that asks for the code.
 */
export async function askForCode(userId: string): Promise<string> {
  await setCookie(
    'pendingSignIn',
    tickets.issue('password verified', userId, codeMinutes * 60),
    codeMinutes * 60,
  )
  return codePage
}

/** Signs in a user who has passed all factors, and remembers this browser as theirs. */
export async function startSession(userId: string): Promise<void> {
  await nextAuth.signIn('credentials', {
    ticket: tickets.issue('sign-in granted', userId, 30),
    redirect: false,
  })
  await rememberBrowser(userId)
}

/** Remembers this browser as the user's, so that strangers who guess passwords do not delay it. */
export async function rememberBrowser(userId: string): Promise<void> {
  await setCookie(
    'device',
    await devices.remember(await readCookie('device'), userId),
    365 * 86_400,
  )
}

/** The address at an OAuth provider that signs a user in and returns to `path`. */
export async function oauthUrl(provider: string, path: string): Promise<string> {
  return String(await nextAuth.signIn(provider, { redirect: false, redirectTo: path }))
}

/**
 * The secret in this request's session cookie. next-auth gets only that one cookie: given all of
 * them, it would assemble a session from every cookie whose name starts with the session cookie's.
 */
async function sessionSecret(): Promise<string | undefined> {
  const { name } = cookie()
  const value = (await cookies()).get(name)?.value
  if (value === undefined) return undefined
  const token = await getToken({
    req: { headers: new Headers({ cookie: `${name}=${encodeURIComponent(value)}` }) },
    secret: env().AUTH_SECRET,
    cookieName: name,
    salt: name,
  })
  return typeof token?.secret === 'string' ? token.secret : undefined
}

/** The current session with its active tenant, read from the database once per request. */
export const auth = cache(async (): Promise<Session | null> => {
  const token = await sessionSecret()
  const info = token === undefined ? undefined : await sessions.read(token)
  if (!info?.tenant) await forgetSessionCookie()
  if (token === undefined || !info) return null
  await recordRequest(info)
  return { token, ...info }
})

/** Stops the cookie of an ended session from using up a tenant's requests. */
async function forgetSessionCookie(): Promise<void> {
  const sessionValue = (await cookies()).get(cookie().name)?.value
  if (sessionValue) await forgetSession(tenancy(), sessionValue)
}

/**
 * Records the user and tenant of this request for the log, and for the proxy to count the session's
 * next requests. Counts this request if the proxy could not.
 */
async function recordRequest({ user, tenant }: sessions.SessionInfo): Promise<void> {
  const from = await headers()
  setRequestUser(from.get('x-request-id'), {
    userId: user.id,
    ...(tenant && { tenantId: tenant.id }),
  })
  const sessionValue = (await cookies()).get(cookie().name)?.value
  if (!sessionValue || !tenant) return
  const { requestsPerMinute } = await limitsOf(tenancy(), tenant.id)
  rememberSession(tenancy(), sessionValue, tenant.id, requestsPerMinute)
  if (from.get('x-rowhouse-counted') === 'true') return
  try {
    await countTenantRequest(tenancy(), tenant.id, requestsPerMinute)
  } catch (error) {
    if (TooBusy.is(error)) await redirectToBusyPage(error)
    throw error
  }
}

/** The session, or a redirect to the sign-in page, which returns here. */
export async function requireUser(): Promise<Session> {
  const session = await auth()
  if (session) return session
  const path = (await headers()).get('x-rowhouse-path')
  redirect(path && path !== '/' ? `/sign-in?callbackUrl=${encodeURIComponent(path)}` : '/sign-in')
}

/** The session with its active tenant, or a redirect to the page where one can be chosen. */
export async function requireTenant(): Promise<TenantSession> {
  const session = await requireUser()
  if (!session.tenant) redirect('/welcome')
  return { ...session, tenant: session.tenant }
}
