/**
 * The name of the session cookie and its `Secure` attribute. The `__Host-` prefix binds a cookie to
 * one host; browsers accept it over https only.
 */
export function sessionCookie(appUrl: string): { name: string; secure: boolean } {
  const secure = new URL(appUrl).protocol === 'https:'
  return { name: secure ? '__Host-rowhouse.session' : 'rowhouse.session', secure }
}
