import { expect, test, vi } from 'vitest'
import { clientIp } from '#app/_http/client-ip'

const settings = vi.hoisted(() => ({ TRUSTED_PROXIES: 0 }))
vi.mock('#db/env', () => ({ env: () => settings }))

test.each([
  [0, '192.0.2.1', null],
  [1, '192.0.2.1', '192.0.2.1'],
  [1, 'forged, 192.0.2.1', '192.0.2.1'],
  [1, 'forged,forged too,192.0.2.1', '192.0.2.1'],
  [2, 'forged, 192.0.2.1, 10.0.0.1', '192.0.2.1'],
  [2, '10.0.0.1', null],
  [1, '', null],
])('behind %i proxies, the client of "%s" is %s', (proxies, forwarded, expected) => {
  settings.TRUSTED_PROXIES = proxies
  expect(clientIp(new Headers({ 'x-forwarded-for': forwarded }))).toBe(expected)
})

test('a long entry is cut', () => {
  settings.TRUSTED_PROXIES = 1
  expect(clientIp(new Headers({ 'x-forwarded-for': 'x'.repeat(1000) }))).toHaveLength(64)
})
