import { createHmac } from 'node:crypto'
import type { Login } from '#tenancy/base/tenancy'

/** Stands for the role in a format of user names, such as `{role}.project`, which some poolers need. */
const placeholder = '{role}'

/**
 * Builds the user name with which a role connects. In SQL the role has no prefix or suffix.
 * @param format - A text that contains `{role}`.
 * @param role - The role.
 * @returns The user name.
 */
export const formatUsername = (format: string, role: string): string =>
  format.replace(placeholder, () => role)

/**
 * Reads the format of user names from a URL.
 * @param url - A URL of `role`.
 * @param role - The role.
 * @returns The user name with `{role}` in place of the role; `{role}` if it does not contain the role.
 */
export function usernameFormatOf(url: URL, role: string): string {
  const username = decodeURIComponent(url.username)
  return username.includes(role) ? username.replace(role, () => placeholder) : placeholder
}

/**
 * Derives the connection string of one of the engine's logins from that of an administrator.
 * @param adminUrl - The administrator's URL, which names the main database.
 * @param login - The login.
 * @param secret - The password is derived from it; `setup` sets that password.
 * @param usernameFormat - How its user name contains the role, see `formatUsername`.
 * @returns The connection string. Contains the password.
 */
export function derivedLoginUrl(
  adminUrl: string,
  login: Login,
  secret: string,
  usernameFormat = placeholder,
): string {
  const url = new URL(adminUrl)
  url.username = formatUsername(usernameFormat, `rowhouse_${login}`)
  url.password = createHmac('sha256', secret).update(`login ${login}`).digest('base64url')
  return url.toString()
}
