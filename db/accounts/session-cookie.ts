/**
 * The name of the session cookie and whether it needs https: the `__Host-` prefix binds it to one
 * host, but exists over https only.
 */
export function sessionCookie(appUrl: string): { name: string; secure: boolean } {
  const secure = new URL(appUrl).protocol === 'https:'
  return { name: secure ? '__Host-rowhouse.session' : 'rowhouse.session', secure }
}
