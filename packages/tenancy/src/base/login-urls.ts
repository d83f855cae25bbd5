import { createHmac } from 'node:crypto'
import type { Login } from '#tenancy/base/tenancy'

/**
 * Derives the connection string of one of the engine's logins from that of an administrator.
 * @param adminUrl - The administrator's URL, which names the main database.
 * @param login - The login.
 * @param secret - The password is derived from it; `setup` sets that password.
 * @returns The connection string. Contains the password.
 */
export function derivedLoginUrl(adminUrl: string, login: Login, secret: string): string {
  const url = new URL(adminUrl)
  url.username = `rowhouse_${login}`
  url.password = createHmac('sha256', secret).update(`login ${login}`).digest('base64url')
  return url.toString()
}
