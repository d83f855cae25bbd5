import { createHmac, timingSafeEqual } from 'node:crypto'

// Time-based one-time passwords: RFC 6238 over HOTP (RFC 4226), base32 of RFC 4648.

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const stepSeconds = 30

type Form = { digits: number; algorithm: 'sha1' | 'sha256' | 'sha512' }
const usual: Form = { digits: 6, algorithm: 'sha1' }

export function codeOf(secret: Buffer, step: number, { digits, algorithm }: Form = usual): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac(algorithm, secret).update(counter).digest()
  const from = mac.readUInt8(mac.length - 1) & 0x0f
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 10 ** digits).padStart(digits, '0')
}

export const stepAt = (ms: number): number => Math.floor(ms / 1000 / stepSeconds)

/**
 * The time step in which this code is right: the current one, or its neighbour when a clock is off.
 * Undefined when it is wrong.
 */
export function stepOf(secret: Buffer, code: string, now = Date.now()): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const given = Buffer.from(code)
  const fitting = [-1, 0, 1]
    .map((off) => stepAt(now) + off)
    .filter((step) => timingSafeEqual(Buffer.from(codeOf(secret, step)), given))
  return fitting[0]
}

export function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => letters.charAt(Number.parseInt(five.padEnd(5, '0'), 2)))
    .join('')
}

/** What an authenticator app reads from the square. */
export const otpauth = (secret: Buffer, issuer: string, account: string): string =>
  `otpauth://totp/${encodeURIComponent(`${issuer}:${account}`)}?secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}`
