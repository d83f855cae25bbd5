import { tenancy, platform } from '#db/tenancy'
import { eq } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import * as apiKeys from '#db/accounts/api-keys'
import * as links from '#db/accounts/links'
import * as emailChange from '#db/accounts/email-change'
import { LinkInvalid } from '#db/errors'
import * as identities from '#db/accounts/identities'
import * as passwordChange from '#db/accounts/password-change'
import { closePools } from '@rowhouse/tenancy'
import { devices, links as linkTable, type LinkKind } from '#db/schema/accounts'
import { bans, members, sessions as sessionTable } from '#db/schema/platform'
import { tenants } from '@rowhouse/tenancy/schema'
import * as sessions from '#db/accounts/sessions'
import { checkCredentials } from '#db/accounts/sign-in'
import * as signUp from '#db/accounts/sign-up'
import { newestEmail, newestToken } from '#db/testing/mailbox'
import { partLonger } from '@rowhouse/tenancy/testing'
import * as users from '#db/accounts/users'

afterAll(() => closePools(tenancy()))

const password = 'geranium-37-window'
const signInWith = (email: string, typed: string) =>
  checkCredentials({ email, password: typed, address: null, device: undefined })
const createUser = async (email: string, name = 'User') => {
  const { id } = await users.create(platform(), { email, name, password, verified: true })
  return { id, token: await sessions.start(id, { device: '', address: '' }) }
}

test('a sign-up creates a user with a verified address who owns a starter tenant', async () => {
  await signUp.request({ email: ' Nora@New.Example ', name: 'Nora', organisation: 'Äpfel & Söhne' })
  const userId = await signUp.finish(await newestToken('nora@new.example'), password)
  const found = await platform()
    .select({ slug: tenants.slug, name: tenants.name, tier: tenants.tier, role: members.role })
    .from(members)
    .innerJoin(tenants, eq(tenants.id, members.tenantId))
    .where(eq(members.userId, userId))
  expect(found).toEqual([
    { slug: 'apfel-sohne', name: 'Äpfel & Söhne', tier: 'starter', role: 'owner' },
  ])
  expect(await signInWith('nora@new.example', password)).toEqual({ userId, needsCode: false })
})

test('a sign-up link works once, even with concurrent attempts', async () => {
  await signUp.request({ email: 'many@new.example', name: 'Many', organisation: 'Many' })
  const token = await newestToken('many@new.example')
  const tries = await Promise.allSettled(
    Array.from({ length: 8 }, () => signUp.finish(token, password)),
  )
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await platform().select().from(tenants).where(eq(tenants.name, 'Many'))).toHaveLength(1)
})

test('two organisations with the same name get different slugs', async () => {
  for (const email of ['one@same.example', 'two@same.example']) {
    await signUp.request({ email, name: 'A', organisation: 'Same Name' })
    await signUp.finish(await newestToken(email), password)
  }
  expect(
    (
      await platform()
        .select({ slug: tenants.slug })
        .from(tenants)
        .where(eq(tenants.name, 'Same Name'))
    )
      .map(({ slug }) => slug)
      .sort(),
  ).toEqual(['same-name', 'same-name-2'])
})

test('a sign-up with a known address gets the same response, and an email that cannot set a password', async () => {
  await createUser('known@new.example')
  expect(
    await signUp.request({ email: 'known@new.example', name: 'Thief', organisation: 'Thief' }),
  ).toBeUndefined()
  const { text } = await newestEmail('known@new.example')
  expect(text).toContain('/sign-in')
  expect(text).not.toContain('#')
})

test.each<[string, (email: string) => Promise<void>]>([
  ['reset', passwordChange.requestReset],
  ['sign-up', (email) => signUp.request({ email, name: 'Same', organisation: 'Same' })],
])('requesting a %s takes the same time for known and unknown addresses', async (what, request) => {
  for (let i = 0; i < 40; i++)
    await users.create(platform(), { email: `known${i}@${what}.example`, name: 'Known' })
  const longer = await partLonger(
    (i) => request(`known${i}@${what}.example`),
    (i) => request(`nobody${i}@${what}.example`),
    40,
  )
  expect(longer).toBeGreaterThan(0.2)
  expect(longer).toBeLessThan(0.8)
})

test.each([
  ['short', /at least 10/],
  ['password123', /it is a common password/],
  ['weak@new.example', /it contains your name/],
])('the password %s is refused', async (typed, why) => {
  await signUp
    .request({ email: 'weak@new.example', name: 'Weak', organisation: 'Weak' })
    .catch(() => {})
  await expect(signUp.finish(await newestToken('weak@new.example'), typed)).rejects.toThrow(why)
})

test('a reset works once, ends all sessions, forgets all browsers and invalidates older links', async () => {
  const { id, token: session } = await createUser('rita@reset.example')
  await platform()
    .insert(devices)
    .values({ tokenHash: Buffer.from('x'), userId: id })
  await passwordChange.requestReset('rita@reset.example')
  const first = await newestToken('rita@reset.example')
  await passwordChange.requestReset('RITA@reset.example')
  const second = await newestToken('rita@reset.example')
  const results = await Promise.allSettled(
    Array.from({ length: 6 }, (_, i) => passwordChange.reset(second, `another-choice-${i}`)),
  )
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  await expect(passwordChange.reset(first, 'yet another one')).rejects.toThrow(LinkInvalid)
  expect(await sessions.read(session)).toBeUndefined()
  expect(await platform().select().from(devices).where(eq(devices.userId, id))).toEqual([])
  expect(await signInWith('rita@reset.example', password)).toBeUndefined()
})

test('a reset for an unknown address sends an email without a link', async () => {
  await passwordChange.requestReset('nobody@reset.example')
  const { text } = await newestEmail('nobody@reset.example')
  expect(text).not.toContain('#')
})

test('changing the password keeps the current session and ends all others', async () => {
  const { id, token } = await createUser('paul@change.example')
  const other = await sessions.start(id, { device: '', address: '' })
  const [mine] = await platform()
    .select()
    .from(sessionTable)
    .where(eq(sessionTable.userId, id))
    .orderBy(sessionTable.createdAt)
  await expect(
    passwordChange.change(
      { userId: id, sessionId: mine?.id ?? '' },
      'not it at all',
      'brand new words 7',
    ),
  ).rejects.toThrow('not your password')
  await passwordChange.change(
    { userId: id, sessionId: mine?.id ?? '' },
    password,
    'brand new words 7',
  )
  expect(await sessions.read(token)).toBeDefined()
  expect(await sessions.read(other)).toBeUndefined()
})

test('an email address changes only when both addresses have confirmed', async () => {
  const { id } = await createUser('old@change.example')
  await emailChange.request(id, 'New@change.example', password)
  const [atOld, atNew] = [
    await newestToken('old@change.example'),
    await newestToken('new@change.example'),
  ]
  expect(await emailChange.confirm('new address', atNew)).toBeUndefined()
  expect((await users.byId(platform(), id)).email).toBe('old@change.example')
  expect(await emailChange.confirm('old address', atOld)).toBe('new@change.example')
  expect((await users.byId(platform(), id)).email).toBe('new@change.example')
  await expect(emailChange.confirm('old address', atOld)).rejects.toThrow(LinkInvalid)
})

test('changing to a taken address reveals nothing and can never be confirmed', async () => {
  const { id } = await createUser('wants@change.example')
  await createUser('taken@change.example')
  await emailChange.request(id, 'taken@change.example', password)
  expect((await newestEmail('taken@change.example')).text).not.toContain('#')
  expect(
    await emailChange.confirm('old address', await newestToken('wants@change.example')),
  ).toBeUndefined()
  expect((await users.byId(platform(), id)).email).toBe('wants@change.example')
})

test('an identity signs in the owner of its verified address, and nobody without one', async () => {
  const { id } = await createUser('ivan@oauth.example')
  const identity = { provider: 'oidc', subject: 's-1', email: 'Ivan@oauth.example', name: 'Ivan' }
  expect(await identities.signInWith({ ...identity, email: null })).toBeUndefined()
  expect(await identities.signInWith(identity)).toBe(id)
  expect(await identities.signInWith({ ...identity, email: 'moved@oauth.example' })).toBe(id)
  expect((await users.byId(platform(), id)).passwordHash).not.toBeNull()
})

test('an unverified account loses its password, sessions and keys before the owner of its address is linked', async () => {
  const squatter = await users.create(platform(), {
    email: 'olga@oauth.example',
    name: 'Squatter',
    password,
  })
  const session = await sessions.start(squatter.id, { device: '', address: '' })
  const { id: tenantId } = await signUp.startTenant(platform(), squatter.id, 'Squat')
  const { key } = await apiKeys.create({
    tenantId,
    userId: squatter.id,
    name: 'left behind',
    scope: 'write',
    days: null,
  })
  expect(await apiKeys.read(key)).toBeDefined()
  expect(
    await identities.signInWith({
      provider: 'oidc',
      subject: 's-2',
      email: 'olga@oauth.example',
      name: 'Olga',
    }),
  ).toBe(squatter.id)
  expect(await sessions.read(session)).toBeUndefined()
  expect(await apiKeys.read(key)).toBeUndefined()
  expect(await signInWith('olga@oauth.example', password)).toBeUndefined()
})

test.each<LinkKind>(['sign-up', 'reset', 'old address', 'new address'])(
  'an expired link of the kind "%s" is neither found nor used',
  async (kind) => {
    const token = await links.create(platform(), kind, 'late@link.example')
    expect(await links.find(kind, token)).toMatchObject({ email: 'late@link.example' })
    await platform()
      .update(linkTable)
      .set({ expiresAt: new Date(Date.now() - 1000) })
      .where(eq(linkTable.email, 'late@link.example'))
    expect(await links.find(kind, token)).toBeUndefined()
    await expect(links.use(platform(), kind, token)).rejects.toThrow(LinkInvalid)
    await platform().delete(linkTable).where(eq(linkTable.email, 'late@link.example'))
  },
)

test('a link works only as the kind that it was created as', async () => {
  const token = await links.create(platform(), 'new address', 'kind@link.example')
  expect(await links.find('reset', token)).toBeUndefined()
  await expect(links.use(platform(), 'reset', token)).rejects.toThrow(LinkInvalid)
})

test('an expired session is not read, not listed and cannot switch tenants, and neither is that of a banned user', async () => {
  await signUp.request({ email: 'old@session.example', name: 'Old', organisation: 'Old' })
  const userId = await signUp.finish(await newestToken('old@session.example'), password)
  const token = await sessions.start(userId, { device: '', address: '' })
  const tenantId = (await sessions.read(token))?.tenant?.id ?? ''
  expect(await sessions.switchTenant(token, tenantId)).toBe(true)
  await platform().insert(bans).values({ userId, by: 'test', reason: 'test' })
  expect(await sessions.read(token)).toBeUndefined()
  await platform().delete(bans).where(eq(bans.userId, userId))
  expect(await sessions.ofUser(userId)).toHaveLength(1)
  await platform()
    .update(sessionTable)
    .set({ expiresAt: new Date(Date.now() - 1000) })
    .where(eq(sessionTable.userId, userId))
  expect(await sessions.read(token)).toBeUndefined()
  expect(await sessions.ofUser(userId)).toEqual([])
  expect(await sessions.switchTenant(token, tenantId)).toBe(false)
})

test('a session cannot switch to a tenant of others, and nobody ends the sessions of others', async () => {
  const [mine, theirs] = [
    await createUser('mine@session.example'),
    await createUser('theirs@session.example'),
  ]
  const { tenantId } = (
    await platform().select({ tenantId: members.tenantId }).from(members).limit(1)
  )[0] ?? { tenantId: '' }
  expect(await sessions.switchTenant(mine.token, tenantId)).toBe(false)
  const [session] = await sessions.ofUser(theirs.id)
  expect(await sessions.endOne(mine.id, session?.id ?? '')).toBe(false)
  await sessions.endOthers(mine.id, (await sessions.ofUser(mine.id))[0]?.id ?? '')
  expect(await sessions.ofUser(theirs.id)).toHaveLength(1)
})
