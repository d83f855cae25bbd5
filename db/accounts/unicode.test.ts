import { hash } from '@node-rs/argon2'
import { afterAll, expect, test } from 'vitest'
import { closePools } from '@rowhouse/tenancy'
import { hashPassword, verifyPassword } from '#db/accounts/passwords'
import { checkCredentials } from '#db/accounts/sign-in'
import * as users from '#db/accounts/users'
import { platform, tenancy } from '#db/tenancy'

afterAll(() => closePools(tenancy()))

const composed = 'grüne Kessel über Åland'
const decomposed = composed.normalize('NFD')

test('a password is the same in each Unicode form, also one that was hashed as it was typed', async () => {
  expect(composed).not.toBe(decomposed)
  const older = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
  for (const stored of [
    await hashPassword(composed),
    await hashPassword(decomposed),
    await hash(composed, older),
    await hash(decomposed, older),
  ])
    for (const typed of [composed, decomposed])
      expect(await verifyPassword(stored, typed)).toBe(true)
  expect(
    await verifyPassword(await hashPassword('four green kettles'), 'four\u00a0green\u2003kettles'),
  ).toBe(true)
  expect(await verifyPassword(await hashPassword(composed), 'grune Kessel uber Aland')).toBe(false)
})

test('an address in either form of its domain is one user', async () => {
  const email = 'Nora@BÜCHER.example'
  const user = await users.create(platform(), { email, name: 'Nora', password: composed })
  expect(user.email).toBe('nora@xn--bcher-kva.example')
  await expect(
    users.create(platform(), { email: 'nora@xn--bcher-kva.example', name: 'Nora' }),
  ).rejects.toMatchObject({ code: 'invalid' })
  for (const typed of [
    'nora@bu\u0308cher.example',
    'nora@xn--bcher-kva.example',
    'ｎｏｒａ@bücher。example',
  ])
    expect(
      await checkCredentials({
        email: typed,
        password: decomposed,
        address: null,
        device: undefined,
      }),
    ).toMatchObject({ userId: user.id })
})

test.each([
  ['a@example.com', 'a@example.com'],
  ['First.Last+tag@Sub.Example.co.uk', 'first.last+tag@sub.example.co.uk'],
  ["o'hara@example.com", "o'hara@example.com"],
  ['ünal@example.com', 'ünal@example.com'],
])('%s is an address', (typed, normal) => {
  expect(users.normalizeEmail(typed)).toBe(normal)
})

test.each([
  'ada@acme..example',
  'ada@.acme.example',
  'ada@acme.example.',
  '.ada@acme.example',
  'ada.@acme.example',
  'a..da@acme.example',
  'a@[127.0.0.1]',
  'a@[IPv6:::1]',
  'a@127.0.0.1',
  'a@acme',
  'a@-acme.example',
  'a@acme-.example',
  'a@acme%2eexample.com',
  'a@acme_x.example',
  '@acme.example',
  'ada',
  'a b@acme.example',
  'a@b@acme.example',
  `${'a'.repeat(250)}@acme.example`,
  `a@${'b'.repeat(64)}.example`,
])('%s is refused', (typed) => {
  expect(() => users.normalizeEmail(typed)).toThrow('This is not an email address.')
})
