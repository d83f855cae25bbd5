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
import { limitsOf, noteSession, countTenantRequest, TooBusy } from '@rowhouse/tenancy'
import { AccountBlocked, TooManyAttempts } from '#db/errors'
import * as identities from '#db/accounts/identities'
import * as secondFactor from '#db/accounts/second-factor'
import { sessionCookie } from '#db/accounts/session-cookie'
import * as sessions from '#db/accounts/sessions'
import { checkCredentials, isBanned } from '#db/accounts/sign-in'
import * as tickets from '#db/accounts/tickets'
import { tenancy } from '#db/tenancy'

// The one file that touches next-auth. Its JWT carries a random session secret and nothing else;
// what the secret is worth is read from the database each time, so that nothing outlives a revoked
// session.

export type Session = sessions.SessionInfo & { token: string }
export type TenantSession = Session & { tenant: sessions.SessionTenant }

/** Why a sign-in was refused: `credentials`, `code`, `blocked` or `wait-<seconds>`. */
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
  // the configured address wins over whatever Host header a request carries
  process.env.AUTH_URL ??= APP_URL
  return {
    secret: AUTH_SECRET,
    trustHost: true,
    useSecureCookies: cookie().secure,
    session: { strategy: 'jwt', maxAge: 30 * 86_400 },
    pages: { signIn: '/sign-in', error: '/sign-in' },
    cookies: hostCookies(),
    logger: {
      error: (error) =>
        void (error instanceof CredentialsSignin || console.error(`sign-in: ${error.name}`)),
    },
    providers: [passwordOrTicket(), ...oauthProviders()],
    callbacks: {
      signIn: ({ account, user }) => mayProviderSignIn(account, user),
      jwt: ({ token, user, account }) => sessionJwt(token, user, account),
      // the public session endpoint says that there is a session, never what it is
      session: ({ session }) => ({ expires: session.expires }),
    },
  }
})

export const { handlers, signOut } = nextAuth

const passwordOrTicket = () =>
  Credentials({
    credentials: { ticket: {}, email: {}, password: {} },
    authorize: async (given, { headers }) => {
      const userId = await authorizeUser(given, headers)
      return { id: userId, secret: await newSessionSecret(userId, headers) }
    },
  })

/** True, or the page to go to instead; a user with a second factor is asked for the code first. */
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
 * What the JWT holds from now on. Whatever a browser posts as a session update is ignored: only a
 * fresh sign-in brings a secret.
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
  const named = (kind: string) => (secure ? `__Host-rowhouse.${kind}` : `rowhouse.${kind}`)
  const options = { httpOnly: true, sameSite: 'lax' as const, path: '/', secure }
  const short = { ...options, maxAge: 15 * 60 }
  return {
    sessionToken: { name, options },
    csrfToken: { name: named('csrf'), options },
    callbackUrl: { name: named('callback'), options },
    pkceCodeVerifier: { name: named('pkce'), options: short },
    state: { name: named('state'), options: short },
    nonce: { name: named('nonce'), options: short },
  }
}

/**
 * True unless a request names an address to go on to that is none, in its query or its cookie;
 * next-auth calls that a fault of the server.
 */
export function hasValidCallbackUrl(request: NextRequest): boolean {
  const named = [
    request.nextUrl.searchParams.get('callbackUrl'),
    request.cookies.get(hostCookies().callbackUrl.name)?.value,
  ]
  return named.every(
    (address) =>
      !address ||
      /^https?:$/.test(
        URL.parse(address, address.startsWith('/') ? env().APP_URL : undefined)?.protocol ?? '',
      ),
  )
}

/** A ticket of ours, or an address with its password. Throws SignInRefused. */
async function authorizeUser(given: unknown, from: Headers): Promise<string> {
  const ticket = ticketSchema.safeParse(given)
  const userId = ticket.success ? tickets.verify('sign-in granted', ticket.data.ticket) : undefined
  if (userId) return userId
  const input = passwordSchema.safeParse(given)
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
 * Remembers for some minutes that the first factor was right, and leaves the code to the page that
 * asks for it.
 */
export async function askForCode(userId: string): Promise<string> {
  await setCookie(
    'pendingSignIn',
    tickets.issue('password verified', userId, codeMinutes * 60),
    codeMinutes * 60,
  )
  return codePage
}

/** Signs a user in who has shown all that is asked for, and remembers this browser as theirs. */
export async function startSession(userId: string): Promise<void> {
  await nextAuth.signIn('credentials', {
    ticket: tickets.issue('sign-in granted', userId, 30),
    redirect: false,
  })
  await rememberBrowser(userId)
}

/**
 * Knows this browser as the user's from now on: strangers who guess passwords do not keep it
 * waiting.
 */
export async function rememberBrowser(userId: string): Promise<void> {
  await setCookie(
    'device',
    await devices.remember(await readCookie('device'), userId),
    365 * 86_400,
  )
}

/** Where to send a browser that wants to sign in elsewhere, and to come back to `path`. */
export async function oauthUrl(provider: string, path: string): Promise<string> {
  return String(await nextAuth.signIn(provider, { redirect: false, redirectTo: path }))
}

/**
 * The secret in this request's session cookie. Given all cookies, next-auth would put one together
 * from any that begin with its name.
 */
async function sessionSecret(): Promise<string | undefined> {
  const { name } = cookie()
  const kept = (await cookies()).get(name)?.value
  if (kept === undefined) return undefined
  const token = await getToken({
    req: { headers: new Headers({ cookie: `${name}=${encodeURIComponent(kept)}` }) },
    secret: env().AUTH_SECRET,
    cookieName: name,
    salt: name,
  })
  return typeof token?.secret === 'string' ? token.secret : undefined
}

/**
 * Who is signed in and for which tenant, read from the database once per request; null when nobody
 * is.
 */
export const auth = cache(async (): Promise<Session | null> => {
  const token = await sessionSecret()
  const facts = token === undefined ? undefined : await sessions.read(token)
  if (token === undefined || !facts) return null
  await noteRequest(facts)
  return { token, ...facts }
})

/**
 * Whose request this is, for the log and for the count of the next one. Counts this one where the
 * proxy could not.
 */
async function noteRequest({ user, tenant }: sessions.SessionInfo): Promise<void> {
  const from = await headers()
  setRequestUser(from.get('x-request-id'), {
    userId: user.id,
    ...(tenant && { tenantId: tenant.id }),
  })
  const kept = (await cookies()).get(cookie().name)?.value
  if (!kept || !tenant) return
  const { requestsPerMinute } = await limitsOf(tenancy(), tenant.id)
  noteSession(tenancy(), kept, tenant.id, requestsPerMinute)
  if (from.get('x-rowhouse-counted') === 'true') return
  try {
    await countTenantRequest(tenancy(), tenant.id, requestsPerMinute)
  } catch (error) {
    if (TooBusy.is(error)) await redirectToBusyPage(error)
    throw error
  }
}

/** The session, or a redirect to the sign-in page that comes back here. */
export async function requireUser(): Promise<Session> {
  const session = await auth()
  if (session) return session
  const path = (await headers()).get('x-rowhouse-path')
  redirect(path && path !== '/' ? `/sign-in?callbackUrl=${encodeURIComponent(path)}` : '/sign-in')
}

/** The session with its active tenant, or a redirect to where one can be chosen. */
export async function requireTenant(): Promise<TenantSession> {
  const session = await requireUser()
  if (!session.tenant) redirect('/welcome')
  return { ...session, tenant: session.tenant }
}
