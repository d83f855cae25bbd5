import { URI, type TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import { base32, matchingStep, totpOf } from '#db/accounts/totp'

// RFC 6238, appendix B, the SHA-1 column; authenticator apps show the last six digits
const rfcSecret = Buffer.from('12345678901234567890')
test.each([
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
])('the code of RFC 6238 at %i seconds', (seconds, digits) => {
  const code = totpOf(rfcSecret).generate({ timestamp: seconds * 1000 })
  expect(code).toBe(digits.slice(-6))
  expect(matchingStep(rfcSecret, code, seconds * 1000)).toBe(Math.floor(seconds / 30))
})

// recorded with the code before otpauth: the stored secret, the address that the app scanned, and
// the codes that it shows
const enrolled = {
  secret: 't0uZrdGrIqRmJqpwiwzNW4u2014=',
  uri: 'otpauth://totp/Rowhouse%3Aada%40acme.example?secret=W5FZTLORVMRKIZRGVJYIWDGNLOF3NU26&issuer=Rowhouse',
  codes: [
    ['2026-11-30T12:00:00Z', '813783'],
    ['2026-11-30T12:00:29Z', '813783'],
    ['2026-11-30T12:00:30Z', '002544'],
    ['2031-03-01T00:00:00Z', '592688'],
  ],
} as const

test('codes of an app that was enrolled before otpauth are still accepted', () => {
  const secret = Buffer.from(enrolled.secret, 'base64')
  for (const [time, code] of enrolled.codes)
    expect(matchingStep(secret, code, Date.parse(time))).toBe(Math.floor(Date.parse(time) / 30_000))
})

test('the enrolment address still means the same to an app', () => {
  const secret = Buffer.from(enrolled.secret, 'base64')
  const read = (uri: string) => {
    const { issuer, label, secret, algorithm, digits, period } = URI.parse(uri) as TOTP
    return { issuer, label, secret: secret.base32, algorithm, digits, period }
  }
  const before = read(enrolled.uri)
  expect(read(totpOf(secret, 'ada@acme.example').toString())).toEqual(before)
  expect(before).toEqual({
    issuer: 'Rowhouse',
    label: 'ada@acme.example',
    secret: base32(secret),
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
  })
})

test('a clock may be one step off, not two', () => {
  const now = 1_800_000_000_000
  const step = now / 30_000
  const matchAt = (offset: number) =>
    matchingStep(rfcSecret, totpOf(rfcSecret).generate({ timestamp: now + offset * 30_000 }), now)
  expect([-2, -1, 0, 1, 2].map(matchAt)).toEqual([undefined, step - 1, step, step + 1, undefined])
})

test.each(['12345', '1234567', '12345a', ''])('%j is not a code', (text) => {
  expect(matchingStep(rfcSecret, text)).toBeUndefined()
})
