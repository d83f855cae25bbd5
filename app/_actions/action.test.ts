import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { env } from '#db/env'
import { createTestTenant, memberOf, type TestTenant } from '#db/isolation/testing/test-tenants'
import { newId, closePools, setLimits } from '@rowhouse/tenancy'
import { resume, suspend } from '@rowhouse/tenancy/admin'
import { platform, tenancy } from '#db/tenancy'
import { secondFactors } from '#db/schema/accounts'
import { members } from '#db/schema/platform'
import { customers } from '#db/schema/tenant'
import * as secondFactor from '#db/accounts/second-factor'
import * as sessions from '#db/accounts/sessions'
import { addMember } from '#db/accounts/add-member'
import * as users from '#db/accounts/users'

const signedIn = vi.hoisted(() => ({ token: undefined as string | undefined }))
const from = vi.hoisted(() => ({ origin: 'http://localhost:3000' as string | null }))
vi.mock('next/headers', () => ({
  headers: async () =>
    new Headers({ host: 'localhost:3000', ...(from.origin !== null && { origin: from.origin }) }),
}))
vi.mock('next/cache', () => ({ refresh: vi.fn(), revalidatePath: vi.fn() }))
vi.mock('next/navigation', () => ({
  notFound: () => {
    throw new Error('not found')
  },
  redirect: (to: string) => {
    throw new Error(`redirect to ${to}`)
  },
}))
vi.mock('#app/_session/session', () => {
  const auth = async () => {
    const facts = signedIn.token ? await sessions.read(signedIn.token) : undefined
    return facts ? { ...facts, token: signedIn.token } : null
  }
  return { auth, requireTenant: auth }
})

const { operatorAction, tenantAction, userAction } = await import('#app/_actions/action')
const { requireOperator } = await import('#app/_session/operator')
const { tenantDb } = await import('#app/_session/tenant-db')

const name = z.object({
  name: z.string().trim().min(1, 'Enter a name.').max(20, 'Use at most 20 characters.'),
})
const add = tenantAction(
  name,
  async (tx, input) => {
    const id = newId()
    await tx.insert(customers).values({ tenantId: tx.tenantId, id, name: input.name })
    return { id }
  },
  { may: 'customers:write' },
)

let acme: TestTenant
let globex: TestTenant
beforeAll(async () => {
  acme = await createTestTenant('shared', 'a', 1)
  globex = await createTestTenant('shared', 'b', 1)
})
beforeEach(() => void (signedIn.token = acme.owner.token))
afterAll(() => closePools(tenancy()))

const form = (fields: Record<string, string>) => {
  const data = new FormData()
  for (const [key, value] of Object.entries(fields)) data.append(key, value)
  return data
}

test('a form of the active tenant writes to that tenant', async () => {
  expect(await add(null, form({ _tenant: acme.id, name: ' Nordfeld ' }))).toMatchObject({
    ok: true,
  })
  const db = await tenantDb()
  expect(
    await db((tx) =>
      tx.select({ id: customers.tenantId }).from(customers).where(eq(customers.name, 'Nordfeld')),
    ),
  ).toEqual([{ id: acme.id }])
})

test('a form of another tenant is refused with both names in the message; a form without a tenant is refused too', async () => {
  await addMember(platform(), globex.id, acme.owner.actor.id ?? '', 'member')
  const refused = await add(null, form({ _tenant: globex.id, name: 'Nordfeld' }))
  expect(refused).toMatchObject({
    ok: false,
    code: 'wrong_tenant',
    message: expect.stringContaining(globex.mark) as string,
    values: { name: 'Nordfeld' },
  })
  expect(refused).toMatchObject({ message: expect.stringContaining(acme.mark) as string })
  expect(await add(null, form({ name: 'Nordfeld' }))).toMatchObject({ ok: false })
})

test('a refusal has a message for each wrong field, and the values that were typed', async () => {
  expect(await add(null, form({ _tenant: acme.id, name: 'x'.repeat(21) }))).toMatchObject({
    ok: false,
    fields: { name: 'Use at most 20 characters.' },
    values: { name: 'x'.repeat(21) },
  })
  expect(await add(null, form({ _tenant: acme.id }))).toMatchObject({
    ok: false,
    fields: { name: expect.any(String) as string },
  })
  for (const extra of ['tenantId', 'tier', 'role', 'isAdmin'])
    expect(await add(null, form({ _tenant: acme.id, name: 'x', [extra]: 'owner' }))).toMatchObject({
      ok: false,
    })
})

test('a role without the permission is refused', async () => {
  signedIn.token = (await memberOf(acme.id, 'viewer')).token
  const refused = await add(null, form({ _tenant: acme.id, name: 'Nordfeld' }))
  expect(refused).toMatchObject({
    ok: false,
    code: 'not_allowed',
  })
})

test('actions and pages refuse a signed-out caller, and a member who was removed during the request', async () => {
  signedIn.token = undefined
  expect(await add(null, form({ _tenant: acme.id, name: 'x' }))).toMatchObject({
    ok: false,
    code: 'not_signed_in',
  })
  const member = await memberOf(acme.id, 'member')
  signedIn.token = member.token
  const db = await tenantDb()
  const removed = tenantAction(name, async (tx) => void (await tx.select().from(customers)))
  const { auth } = await import('#app/_session/session')
  const session = await auth()
  await platform()
    .delete(members)
    .where(and(eq(members.tenantId, acme.id), eq(members.userId, member.actor.id ?? '')))
  // the request still holds the session that it read before the removal
  vi.spyOn(sessions, 'read').mockImplementation(async () => session ?? undefined)
  await expect(db((tx) => tx.select().from(customers))).rejects.toThrow('redirect to /welcome')
  expect(await removed(null, form({ _tenant: acme.id, name: 'x' }))).toMatchObject({ ok: false })
  vi.restoreAllMocks()
})

test('only members learn that an organisation is suspended; everyone else is told that they are not a member', async () => {
  const late = await createTestTenant('shared', 'c', 1)
  signedIn.token = late.owner.token
  const sent = () => add(null, form({ _tenant: late.id, name: 'x' }))
  const suspension = { tenantId: late.id, slug: late.slug, actor: 'test', reason: 'unpaid' }
  await suspend(tenancy(), suspension)
  expect(await sent()).toMatchObject({
    ok: false,
    code: 'tenant_suspended',
  })
  await platform().delete(members).where(eq(members.tenantId, late.id))
  expect(await sent()).toMatchObject({
    ok: false,
    code: 'not_a_member',
  })
  await resume(tenancy(), suspension)
  expect(await sent()).toMatchObject({
    ok: false,
    code: 'not_a_member',
  })
  expect(await add(null, form({ _tenant: "x' or 1=1", name: 'x' }))).toMatchObject({
    ok: false,
    code: 'not_a_member',
  })
})

test('an operator action is a 404 for everyone else', async () => {
  const run = vi.fn(async () => ({ done: true }))
  const action = operatorAction(z.object({}), run)
  await expect(action(null, form({}))).rejects.toThrow('not found')
  signedIn.token = undefined
  await expect(action(null, form({}))).rejects.toThrow('not found')
  expect(run).not.toHaveBeenCalled()
  const operator = await users.create(platform(), {
    email: 'olivia@test.example',
    name: 'Olivia',
    verified: true,
  })
  await users.makeOperator(platform(), operator.id, 'test')
  signedIn.token = await sessions.start(operator.id, { device: '', address: '' })
  expect(await action(null, form({}))).toEqual({ ok: true, result: { done: true } })
})

test('where operators need a second factor, an operator without one is refused until it is confirmed', async () => {
  const { id } = await users.create(platform(), {
    email: 'otto@test.example',
    name: 'Otto',
    verified: true,
  })
  await users.makeOperator(platform(), id, 'test')
  signedIn.token = await sessions.start(id, { device: '', address: '' })
  const run = vi.fn(async () => ({ done: true }))
  const action = operatorAction(z.object({}), run)
  const { NODE_ENV, OPERATOR_SECOND_FACTOR } = env()
  try {
    Object.assign(env(), { NODE_ENV: 'production', OPERATOR_SECOND_FACTOR: undefined })
    expect(await action(null, form({}))).toMatchObject({
      ok: false,
      code: 'second_factor_missing',
    })
    await expect(requireOperator()).rejects.toThrow('redirect to /account/security')
    expect(run).not.toHaveBeenCalled()
    await secondFactor.startSetup(id)
    expect(await action(null, form({}))).toMatchObject({ ok: false })
    await platform()
      .update(secondFactors)
      .set({ confirmedAt: new Date() })
      .where(eq(secondFactors.userId, id))
    expect(await action(null, form({}))).toMatchObject({ ok: true })
    expect((await requireOperator()).user.id).toBe(id)
    await secondFactor.turnOff(platform(), id)
    Object.assign(env(), { OPERATOR_SECOND_FACTOR: 'optional' })
    expect(await action(null, form({}))).toMatchObject({ ok: true })
  } finally {
    Object.assign(env(), { NODE_ENV, OPERATOR_SECOND_FACTOR })
  }
})

test('a user action refuses a signed-out caller', async () => {
  signedIn.token = undefined
  expect(await userAction(z.object({}), async () => ({}))(null, form({}))).toMatchObject({
    ok: false,
    code: 'not_signed_in',
  })
})

test.each([
  ['another site', 'https://evil.example'],
  ['a page without an Origin header', null],
  ['a page with an opaque origin', 'null'],
])('a form sent from %s is refused before it runs', async (_, origin) => {
  from.origin = origin
  const run = vi.fn(async () => ({}))
  expect(await userAction(z.object({}), run)(null, form({}))).toMatchObject({
    ok: false,
    code: 'foreign_origin',
  })
  expect(run).not.toHaveBeenCalled()
  from.origin = 'http://localhost:3000'
})

test('an action counts against the requests of its tenant', async () => {
  const limited = await createTestTenant('shared', 'd', 1)
  signedIn.token = limited.owner.token
  const reason = { tenantId: limited.id, actor: 'test', reason: 'test' }
  await setLimits(tenancy(), reason, { requestsPerMinute: 2 })
  const sent = () => add(null, form({ _tenant: limited.id, name: 'x' }))
  for (let i = 0; i < 2; i++) expect(await sent()).toMatchObject({ ok: true })
  expect(await sent()).toMatchObject({ ok: false, code: 'too_busy' })
})
