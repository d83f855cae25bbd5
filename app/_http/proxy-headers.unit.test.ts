import { expect, test } from 'vitest'
import { headersThatDisagree } from '#app/_http/proxy-headers'

const appUrl = 'https://app.example:8443'

test.each([
  [{ host: 'app.example:8443' }],
  [{ host: 'app', 'x-forwarded-host': 'app.example:8443, app', 'x-forwarded-proto': 'https' }],
  [{}],
])('%j fits', (headers) => {
  expect(headersThatDisagree(headers, appUrl)).toEqual([])
})

test.each([
  [{ host: 'app' }, ['host']],
  [{ host: 'app.example' }, ['host']],
  [{ host: 'app.example:8443', 'x-forwarded-host': 'app' }, ['x-forwarded-host']],
  [{ host: 'app.example:8443', 'x-forwarded-proto': 'http' }, ['x-forwarded-proto']],
  [{ host: 'app', 'x-forwarded-proto': 'http' }, ['host', 'x-forwarded-proto']],
])('%j does not fit: %j', (headers, expected) => {
  expect(headersThatDisagree(headers, appUrl).map(({ header }) => header)).toEqual(expected)
})
