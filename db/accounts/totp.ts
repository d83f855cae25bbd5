import { Secret, TOTP } from 'otpauth'

// Authenticator apps store these parameters when they are enrolled; changing one would lock users out.
const parameters = { algorithm: 'SHA1', digits: 6, period: 30 } as const

const secretOf = (bytes: Uint8Array) => new Secret({ buffer: Uint8Array.from(bytes).buffer })

/**
 * Creates the generator of a secret's time-based codes (RFC 6238).
 *
 * @param account - The name that an authenticator app shows beside "Rowhouse".
 */
export const totpOf = (secret: Uint8Array, account = ''): TOTP =>
  new TOTP({ ...parameters, issuer: 'Rowhouse', label: account, secret: secretOf(secret) })

/**
 * Finds the time step of a code. The phone's clock may be one step off.
 *
 * @param now - In milliseconds since the epoch.
 * @returns Undefined when the code is wrong.
 */
export function matchingStep(
  secret: Uint8Array,
  code: string,
  now = Date.now(),
): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const totp = totpOf(secret)
  const offset = totp.validate({ token: code, timestamp: now, window: 1 })
  return offset === null ? undefined : totp.counter({ timestamp: now }) + offset
}

export const base32 = (bytes: Uint8Array): string => secretOf(bytes).base32
