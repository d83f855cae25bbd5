import { cookies } from 'next/headers'
import 'server-only'
import { env } from '#db/env'

// Secrets in HttpOnly cookies: the link of an email that was opened, a sign-in that waits for its
// second factor, and the id of a known browser.

const names = {
  link: 'rowhouse.link',
  pendingSignIn: 'rowhouse.pending-sign-in',
  device: 'rowhouse.device',
} as const
export type CookieName = keyof typeof names

const secure = () => new URL(env().APP_URL).protocol === 'https:'
// the prefix binds a cookie to this host; browsers accept it over https only
const nameOf = (name: CookieName) => (secure() ? `__Host-${names[name]}` : names[name])
const options = () => ({ httpOnly: true, secure: secure(), sameSite: 'lax' as const, path: '/' })

export async function readCookie(name: CookieName): Promise<string | undefined> {
  return (await cookies()).get(nameOf(name))?.value
}

export async function setCookie(name: CookieName, value: string, seconds: number): Promise<void> {
  ;(await cookies()).set(nameOf(name), value, { ...options(), maxAge: seconds })
}

export async function deleteCookie(name: CookieName): Promise<void> {
  ;(await cookies()).set(nameOf(name), '', { ...options(), maxAge: 0 })
}
