import { expect, test } from 'vitest'
import { safeRedirectPath } from '#app/_http/safe-redirect-path'

test.each(['/orders/new', '/orders?status=paid&q=a%20b', '/settings/data', '/a//b'])(
  '%s is kept',
  (path) => {
    expect(safeRedirectPath(path)).toBe(path)
  },
)

test.each([
  undefined,
  '',
  'orders',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  'https:evil.example',
  'https://evil.example',
  'javascript:alert(1)',
  ' //evil.example',
  '/..//evil.example',
  '/.//evil.example',
  '/%2e%2e//evil.example',
  '///evil.example',
  'data:text/html,x',
  '/\u0000/evil.example',
])('%j does not lead to another site', (input) => {
  const path = safeRedirectPath(input)
  expect(new URL(path, 'https://here.example').origin).toBe('https://here.example')
  expect(new URL(path, 'https://here.example/some/page').host).toBe('here.example')
  expect(path).toMatch(/^\/(?![/\\])/)
})
