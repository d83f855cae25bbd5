import { expect, test } from 'vitest'
import { isCommon } from '#db/accounts/common-passwords'

test.each([
  'password123',
  'P@ssw0rd2024!',
  'Qwertyuiop',
  '1234567890',
  '0987654321',
  'iloveyou!!',
  'aaaaaaaaaaaa',
  'Welcome2026',
  'monkeymonkey',
  '1q2w3e4r5t',
  'ababababab',
  '123password',
  'Summer-2026',
])('%s is common', (password) => {
  expect(isCommon(password)).toBe(true)
})

test.each([
  'rowhouse-demo',
  'four green kettles sing',
  'xK9#mQ2$vL',
  'Tuesday is for the bins',
  'geranium-37-window',
])('%s is not', (password) => {
  expect(isCommon(password)).toBe(false)
})
