import { createHmac } from 'node:crypto'
import type { Login } from '#tenancy/base/tenancy'

/**
 * The connection string of one of the engine's logins on the server of an administrator, with a
 * password derived from `secret`, which `setup` sets.
 * @param adminUrl - The administrator's URL, which names the main database.
 */
export function derivedLoginUrl(adminUrl: string, login: Login, secret: string): string {
  const url = new URL(adminUrl)
  url.username = `rowhouse_${login}`
  url.password = createHmac('sha256', secret).update(`login ${login}`).digest('base64url')
  return url.toString()
}
