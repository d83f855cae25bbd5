import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import NextAuth, { CredentialsSignin } from 'next-auth'
import { getToken } from 'next-auth/jwt'
import Credentials from 'next-auth/providers/credentials'
import { cache } from 'react'
import 'server-only'
import { z } from 'zod'
import { env } from '#db/env'
import { TooManyAttempts } from '#db/errors'
import { sessionCookie } from '#db/session-cookie'
import * as sessions from '#db/sessions'
import { checkCredentials } from '#db/sign-in'

// The one file that touches next-auth. Its JWT carries a random session secret and nothing else; what the secret is worth is
// read from the database each time, so that nothing outlives a revoked session.

export type Session = sessions.SessionFacts & { token: string }
export type TenantSession = Session & { tenant: sessions.SessionTenant }

/** Why a sign-in was refused; `code` is `credentials` or `wait-<seconds>`. */
export class SignInRefused extends CredentialsSignin {
  constructor(code: string) {
    super()
    this.code = code
  }
}

const cookie = () => sessionCookie(env().APP_URL)
const form = z.object({ email: z.string().max(500), password: z.string().max(1000) })

const nextAuth = NextAuth(() => ({
  secret: env().AUTH_SECRET,
  trustHost: true,
  session: { strategy: 'jwt', maxAge: 30 * 86_400 },
  pages: { signIn: '/sign-in', error: '/sign-in' },
  cookies: { sessionToken: { name: cookie().name, options: { httpOnly: true, sameSite: 'lax', path: '/', secure: cookie().secure } } },
  logger: { error: (error) => void (error instanceof CredentialsSignin || console.error(error)) },
  providers: [
    Credentials({
      credentials: { email: {}, password: {} },
      async authorize(given, request) {
        const input = form.safeParse(given)
        if (!input.success) throw new SignInRefused('credentials')
        const address = addressOf(request.headers)
        try {
          const userId = await checkCredentials({ ...input.data, address })
          if (!userId) throw new SignInRefused('credentials')
          return { id: userId, secret: await sessions.start(userId, { device: request.headers.get('user-agent') ?? '', address }) }
        } catch (error) {
          if (error instanceof TooManyAttempts) throw new SignInRefused(`wait-${error.retryAfterSeconds}`)
          throw error
        }
      },
    }),
  ],
  callbacks: {
    // whatever a browser posts as a session update is ignored: only a fresh sign-in brings a secret
    jwt: ({ token, user }) => (user && 'secret' in user ? { secret: user.secret } : token),
    // the public session endpoint says that there is a session, never what it is
    session: ({ session }) => ({ expires: session.expires }),
  },
}))

export const { handlers, signIn, signOut } = nextAuth

const addressOf = (from: Headers) => from.get('x-forwarded-for')?.split(',').at(-1)?.trim() || 'unknown'

/** The secret in this request's session cookie. */
async function sessionSecret(): Promise<string | undefined> {
  const { name } = cookie()
  const token = await getToken({ req: { headers: new Headers({ cookie: (await cookies()).toString() }) }, secret: env().AUTH_SECRET, cookieName: name, salt: name })
  return typeof token?.secret === 'string' ? token.secret : undefined
}

/** Who is signed in and for which tenant, read from the database once per request; null when nobody is. */
export const auth = cache(async (): Promise<Session | null> => {
  const token = await sessionSecret()
  const facts = token === undefined ? undefined : await sessions.read(token)
  return token !== undefined && facts ? { token, ...facts } : null
})

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
