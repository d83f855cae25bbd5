import { expect, test } from 'vitest'
import { findWeakness } from '#db/accounts/password-strength'
import { validatePassword } from '#db/accounts/passwords'
import { Invalid } from '@rowhouse/tenancy'

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
])('%s is weak', async (password) => {
  expect(await findWeakness(password, [])).toBeTruthy()
})

test.each([
  'four green kettles sing',
  'xK9#mQ2$vL',
  'Tuesday is for the bins',
  'geranium-37-window',
  `${'x'.repeat(40)} and then some other words`,
])('%s is strong enough', async (password) => {
  expect(await findWeakness(password, [])).toBeUndefined()
})

test('only the first 64 characters are scored, which bounds the time', async () => {
  expect(await findWeakness(`${'x'.repeat(64)} and then some other words`, [])).toBeTruthy()
})

const ada = { email: 'ada.lovelace@acme.example', name: 'Ada Lovelace', tenants: ['Acme Motors'] }
test.each([
  'ada.lovelace@acme.example',
  'lovelace12345',
  'acmemotors1',
  'rowhouse-2026',
  'Rowhouse123!',
])('%s is weak for a user of that name, address, organisation and product', async (password) => {
  await expect(validatePassword(password, ada)).rejects.toThrow(Invalid)
})

test('the message says why a password is refused and what to do', async () => {
  await expect(validatePassword('lovelace12345', ada)).rejects.toMatchObject({
    field: 'password',
    message: expect.stringMatching(
      /^This password is too easy to guess: it .+\. Use four/,
    ) as unknown,
  })
  await expect(validatePassword('too short', ada)).rejects.toThrow(
    'Use at least 10 characters; this password has 9.',
  )
  await expect(validatePassword('x'.repeat(201), ada)).rejects.toThrow(
    'Use at most 200 characters; this password has 201.',
  )
})
