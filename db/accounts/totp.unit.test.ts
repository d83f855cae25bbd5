import { expect, test } from 'vitest'
import { base32, codeOf, otpauth, stepAt, stepOf } from '#db/accounts/totp'

// RFC 6238, appendix B. The seeds of the longer hashes are in its errata: the twenty bytes go on to
// the length of the hash.
const seed = (bytes: number) => Buffer.from('1234567890'.repeat(7).slice(0, bytes))
const vectors = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
] as const

test.each(vectors)('RFC 6238 at %i s', (seconds, sha1, sha256, sha512) => {
  const step = stepAt(seconds * 1000)
  expect(codeOf(seed(20), step, { digits: 8, algorithm: 'sha1' })).toBe(sha1)
  expect(codeOf(seed(32), step, { digits: 8, algorithm: 'sha256' })).toBe(sha256)
  expect(codeOf(seed(64), step, { digits: 8, algorithm: 'sha512' })).toBe(sha512)
})

test('a clock may be one step off, not two', () => {
  const now = 1_800_000_000_000
  const at = (off: number) => stepOf(seed(20), codeOf(seed(20), stepAt(now) + off), now)
  expect([-2, -1, 0, 1, 2].map(at)).toEqual([
    undefined,
    stepAt(now) - 1,
    stepAt(now),
    stepAt(now) + 1,
    undefined,
  ])
  expect(stepOf(seed(20), '12345', now)).toBeUndefined()
})

test('base32 of RFC 4648, as authenticator apps read it', () => {
  expect(
    ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => base32(Buffer.from(text))),
  ).toEqual(['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI'])
  expect(otpauth(seed(20), 'Ex Ample', 'ada@acme.example')).toBe(
    'otpauth://totp/Ex%20Ample%3Aada%40acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ex%20Ample',
  )
})
