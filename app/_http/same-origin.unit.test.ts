import { expect, test, vi } from 'vitest'
import { requireSameOrigin } from '#app/_http/same-origin'
import { ForeignOrigin } from '#db/errors'

vi.mock('#db/env', () => ({ env: () => ({ APP_URL: 'https://app.example:8443' }) }))

const check = (origin: string | null, host = 'internal:3000') => {
  requireSameOrigin(new Headers({ host, ...(origin !== null && { origin }) }))
}

test('the origin of APP_URL passes, and so does that of the Host header', () => {
  expect(() => check('https://app.example:8443')).not.toThrow()
  expect(() => check('http://internal:3000')).not.toThrow()
})

test.each([
  null,
  '',
  'null',
  'https://app.example',
  'http://app.example:8443',
  'https://xapp.example:8443',
  'https://app.example:84430',
  'https://app.example:8443.evil.example',
  'https://evil.example/app.example:8443',
  'https://app.example:8443@evil.example',
  'http://xinternal:3000',
  'http://internal:30001',
  'app.example:8443',
])('the origin %s is refused', (origin) => {
  expect(() => check(origin)).toThrow(ForeignOrigin)
})
