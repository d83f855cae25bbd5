import { tenancy, platform } from '#db/tenancy'
import { eq, like, sql } from 'drizzle-orm'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as devices from '#db/accounts/devices'
import { AccountBlocked, TooManyAttempts } from '#db/errors'
import { closePools, encrypt, Invalid } from '@rowhouse/tenancy'
import { attempts, secondFactors } from '#db/schema/accounts'
import { bans, users as userTable } from '#db/schema/platform'
import { validatePassword } from '#db/accounts/passwords'
import * as passwordChange from '#db/accounts/password-change'
import * as secondFactor from '#db/accounts/second-factor'
import { checkCode, checkCredentials } from '#db/accounts/sign-in'
import * as tickets from '#db/accounts/tickets'
import * as twoFactor from '#db/accounts/two-factor-settings'
import { newestToken } from '#db/testing/mailbox'
import { partLonger } from '@rowhouse/tenancy/testing'
import * as users from '#db/accounts/users'

const password = 'geranium-37-window'
let ada: string
beforeAll(
  async () =>
    void (ada = (
      await users.create(platform(), {
        email: 'ada@lock.example',
        name: 'Ada',
        password,
        verified: true,
      })
    ).id),
)
afterAll(() => closePools(tenancy()))

const signInFrom = (
  address: string | null,
  typed = password,
  device?: string,
  email = 'ada@lock.example',
) => checkCredentials({ email, password: typed, address, device })
const endDelays = () =>
  platform()
    .update(attempts)
    .set({ until: sql`clock_timestamp()` })
const clearAttempts = () => platform().delete(attempts)

test('the delay doubles with each failure, and attempts refused during a delay do not count', async () => {
  await clearAttempts()
  for (let i = 0; i < 6; i++) expect(await signInFrom('192.0.2.1', 'wrong')).toBeUndefined()
  const waits: number[] = []
  for (let i = 0; i < 3; i++) {
    const refused = await signInFrom('192.0.2.1').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(TooManyAttempts)
    await expect(signInFrom('192.0.2.1')).rejects.toThrow(TooManyAttempts)
    waits.push((refused as TooManyAttempts).retryAfterSeconds)
    await endDelays()
    expect(await signInFrom('192.0.2.1', 'wrong')).toBeUndefined()
  }
  expect(waits).toEqual([5, 10, 20])
})

test('parallel attempts are counted one by one', async () => {
  await clearAttempts()
  const tries = await Promise.allSettled(
    Array.from({ length: 30 }, () => signInFrom('192.0.2.2', 'wrong')),
  )
  expect(tries.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(7)
})

test('after sixty failures from one address, each with another account, the address has to wait', async () => {
  await clearAttempts()
  const spray = (i: number, address: string) =>
    signInFrom(address, 'wrong', undefined, `sprayed${i}@lock.example`)
  for (let i = 0; i < 61; i++) expect(await spray(i, '192.0.2.60')).toBeUndefined()
  await expect(spray(61, '192.0.2.60')).rejects.toThrow(TooManyAttempts)
  expect(await spray(61, '192.0.2.61')).toBeUndefined()
})

test('failing strangers lock out neither the owner on another network nor their known browser', async () => {
  await clearAttempts()
  for (let i = 0; i < 6; i++) await signInFrom('198.51.100.9', 'wrong')
  await expect(signInFrom('198.51.100.9')).rejects.toThrow(TooManyAttempts)
  expect(await signInFrom('192.0.2.7')).toEqual({ userId: ada, needsCode: false })
  const device = await devices.remember(undefined, ada)
  for (let i = 0; i < 40; i++) await signInFrom(`198.51.100.${i}`, 'wrong').catch(() => {})
  await expect(signInFrom('203.0.113.1')).rejects.toThrow(TooManyAttempts)
  expect(await signInFrom('203.0.113.1', password, device)).toEqual({
    userId: ada,
    needsCode: false,
  })
})

test('after a reset that browser signs in at once, while strangers keep failing from known and unknown addresses', async () => {
  await clearAttempts()
  await passwordChange.requestReset('ada@lock.example')
  for (let i = 0; i < 10; i++) await signInFrom(null, 'wrong').catch(() => {})
  await expect(signInFrom(null)).rejects.toThrow(TooManyAttempts)
  const device = await devices.remember(
    undefined,
    await passwordChange.reset(await newestToken('ada@lock.example'), password),
  )
  for (let i = 0; i < 40; i++)
    await signInFrom(i % 2 ? null : `198.51.100.${i}`, 'wrong').catch(() => {})
  await expect(signInFrom(null)).rejects.toThrow(TooManyAttempts)
  expect(await signInFrom(null, password, device)).toEqual({ userId: ada, needsCode: false })
})

test('without a network address, which all clients then share, the delay is at most a minute', async () => {
  await clearAttempts()
  const waits: number[] = []
  for (let i = 0; i < 12; i++) {
    await signInFrom(null, 'wrong')
    await endDelays()
  }
  for (let i = 0; i < 2; i++)
    await signInFrom(null, 'wrong').catch(
      (error: unknown) => TooManyAttempts.is(error) && waits.push(error.retryAfterSeconds),
    )
  expect(Math.max(...waits)).toBe(60)
})

test('a known browser of one user is unknown to another account', async () => {
  const device = await devices.remember(undefined, ada)
  expect(await devices.isKnown(device, ada)).toBe(true)
  const eve = await users.create(platform(), { email: 'eve@lock.example', name: 'Eve', password })
  expect(await devices.isKnown(device, eve.id)).toBe(false)
  expect(await devices.remember(device, eve.id)).not.toBe(device)
})

test('a wrong password and an unknown address take the same time', async () => {
  await clearAttempts()
  for (let i = 0; i < 24; i++)
    await users.create(platform(), {
      email: `known${i}@lock.example`,
      name: 'Known',
      ...(i === 0 && { password }),
    })
  const [{ hash } = { hash: '' }] = await platform()
    .select({ hash: userTable.passwordHash })
    .from(userTable)
    .where(eq(userTable.email, 'known0@lock.example'))
  await platform()
    .update(userTable)
    .set({ passwordHash: hash })
    .where(like(userTable.email, 'known%@lock.example'))
  const tryOf = (name: string) => (i: number) =>
    signInFrom(null, 'wrong password here', undefined, `${name}${i}@lock.example`)
  const longer = await partLonger(tryOf('known'), tryOf('nobody'), 24)
  expect(longer).toBeGreaterThan(0.15)
  expect(longer).toBeLessThan(0.85)
})

test('a confirmed second factor is required; a code and a recovery code each work once', async () => {
  await clearAttempts()
  const { id } = await users.create(platform(), {
    email: 'tom@lock.example',
    name: 'Tom',
    password,
    verified: true,
  })
  await secondFactor.startSetup(id)
  expect(await signInFrom(null, password, undefined, 'tom@lock.example')).toEqual({
    userId: id,
    needsCode: false,
  })
  const shown = await secondFactor.pendingSetup({ id, email: 'tom@lock.example' })
  const code = (offset: number) => codeInApp(shown?.secret ?? '', offset)
  await expect(secondFactor.confirmSetup(platform(), id, '000000')).rejects.toThrow('not right')
  const recovery = await secondFactor.confirmSetup(platform(), id, code(-1))
  expect(recovery).toHaveLength(10)
  expect(await secondFactor.pendingSetup({ id, email: '' })).toBeUndefined()
  expect(await signInFrom(null, password, undefined, 'tom@lock.example')).toEqual({
    userId: id,
    needsCode: true,
  })
  const current = code(0)
  expect((await Promise.all([checkCode(id, current), checkCode(id, current)])).sort()).toEqual([
    false,
    true,
  ])
  expect(await checkCode(id, recovery[0] ?? '')).toBe(true)
  expect(await checkCode(id, recovery[0] ?? '')).toBe(false)
  expect(await secondFactor.recoveryCodesLeft(id)).toBe(9)
})

test('if the email cannot be queued, the second factor stays off and its first code still works', async () => {
  const { id, email } = await users.create(platform(), {
    email: 'mia@lock.example',
    name: 'Mia',
    password,
    verified: true,
  })
  await secondFactor.startSetup(id)
  const code = codeInApp((await secondFactor.pendingSetup({ id, email }))?.secret ?? '')
  await expect(twoFactor.confirmSetup({ id, email: `mia\0@lock.example` }, code)).rejects.toThrow()
  expect([await secondFactor.isOn(id), await secondFactor.recoveryCodesLeft(id)]).toEqual([
    false,
    0,
  ])
  expect(await twoFactor.confirmSetup({ id, email }, code)).toHaveLength(10)
})

test('a code of an app that was enrolled before the TOTP library signs in, once', async () => {
  const { id } = await users.create(platform(), {
    email: 'old@lock.example',
    name: 'Old',
    password,
    verified: true,
  })
  // the row and the code of the fixture in totp.unit.test.ts
  await platform()
    .insert(secondFactors)
    .values({
      userId: id,
      encryptedSecret: encrypt(tenancy(), 't0uZrdGrIqRmJqpwiwzNW4u2014=', `second factor ${id}`),
      confirmedAt: new Date('2026-01-01'),
      lastStep: 58_000_000,
    })
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-30T12:00:00Z') })
  try {
    expect(await checkCode(id, '002544')).toBe(true)
    expect(await checkCode(id, '002544')).toBe(false)
    expect(await checkCode(id, '813783')).toBe(false)
  } finally {
    vi.useRealTimers()
  }
})

test('a password that is too weak for a new account still signs in to an old one', async () => {
  await clearAttempts()
  const email = 'early@lock.example'
  await expect(validatePassword('password123', { email })).rejects.toThrow(Invalid)
  const { id } = await users.create(platform(), { email, name: 'Early', password: 'password123' })
  expect(await signInFrom(null, 'password123', undefined, email)).toEqual({
    userId: id,
    needsCode: false,
  })
})

test('wrong codes are delayed', async () => {
  const { id } = await users.create(platform(), {
    email: 'guess@lock.example',
    name: 'Guess',
    password,
    verified: true,
  })
  for (let i = 0; i < 6; i++) expect(await checkCode(id, '123456')).toBe(false)
  await expect(checkCode(id, '123456')).rejects.toThrow(TooManyAttempts)
})

test('a banned user learns of the ban only with the right password', async () => {
  await clearAttempts()
  const { id } = await users.create(platform(), {
    email: 'ban@lock.example',
    name: 'Ban',
    password,
    verified: true,
  })
  await platform().insert(bans).values({ userId: id, by: 'test', reason: 'test' })
  expect(await signInFrom(null, 'wrong', undefined, 'ban@lock.example')).toBeUndefined()
  await expect(signInFrom(null, password, undefined, 'ban@lock.example')).rejects.toThrow(
    AccountBlocked,
  )
})

test('a ticket is valid for its kind and until it expires', () => {
  const ticket = tickets.issue('sign-in granted', ada, 5)
  expect(tickets.verify('sign-in granted', ticket)).toBe(ada)
  expect(tickets.verify('password verified', ticket)).toBeUndefined()
  expect(tickets.verify('sign-in granted', `${ticket.slice(0, -2)}AA`)).toBeUndefined()
  expect(
    tickets.verify('sign-in granted', tickets.issue('sign-in granted', ada, -1)),
  ).toBeUndefined()
})

/** The code that an authenticator app shows, `offset` time steps from now. */
const codeInApp = (secret: string, offset = 0) =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: Date.now() + offset * 30_000 })
