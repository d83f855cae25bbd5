import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { env } from '#db/env'
import { inhabitant, memberOf, type Inhabitant } from '#db/isolation/testing/world'
import { newId, closePools } from '@rowhouse/tenancy'
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

let acme: Inhabitant
let globex: Inhabitant
beforeAll(async () => {
  acme = await inhabitant('shared', 'a', 1)
  globex = await inhabitant('shared', 'b', 1)
})
beforeEach(() => void (signedIn.token = acme.owner.token))
afterAll(() => closePools(tenancy()))

const form = (fields: Record<string, string>) => {
  const data = new FormData()
  for (const [key, value] of Object.entries(fields)) data.append(key, value)
  return data
}

test('a form of this tenant is carried out in this tenant', async () => {
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

test('a form of another tenant is refused and says so with both names, and without a tenant it is refused as well', async () => {
  await addMember(platform(), globex.id, acme.owner.actor.id ?? '', 'member')
  const refused = await add(null, form({ _tenant: globex.id, name: 'Nordfeld' }))
  expect(refused).toMatchObject({
    ok: false,
    message: expect.stringContaining(globex.mark) as string,
    values: { name: 'Nordfeld' },
  })
  expect(refused).toMatchObject({ message: expect.stringContaining(acme.mark) as string })
  expect(await add(null, form({ name: 'Nordfeld' }))).toMatchObject({ ok: false })
})

test('what is wrong is said per field, and what was typed comes back', async () => {
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

test('a role without the permission is refused, whatever the form says', async () => {
  signedIn.token = (await memberOf(acme.id, 'viewer')).token
  const refused = await add(null, form({ _tenant: acme.id, name: 'Nordfeld' }))
  expect(refused).toMatchObject({
    ok: false,
    message: expect.stringContaining('Your role is viewer') as string,
  })
})

test('nobody, and a member who was removed meanwhile, are refused by actions and pages alike', async () => {
  signedIn.token = undefined
  expect(await add(null, form({ _tenant: acme.id, name: 'x' }))).toMatchObject({
    ok: false,
    message: expect.stringContaining('sign in again') as string,
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
  // the session as it was when the request began
  vi.spyOn(sessions, 'read').mockImplementation(async () => session ?? undefined)
  await expect(db((tx) => tx.select().from(customers))).rejects.toThrow('redirect to /welcome')
  expect(await removed(null, form({ _tenant: acme.id, name: 'x' }))).toMatchObject({ ok: false })
  vi.restoreAllMocks()
})

test('a member who was removed, or whose organisation is suspended, is told so; a stranger hears nothing of a suspension', async () => {
  const late = await inhabitant('shared', 'c', 1)
  signedIn.token = late.owner.token
  const sent = () => add(null, form({ _tenant: late.id, name: 'x' }))
  const suspension = { tenantId: late.id, slug: late.slug, actor: 'test', reason: 'unpaid' }
  await suspend(tenancy(), suspension)
  expect(await sent()).toMatchObject({
    ok: false,
    message: 'This organisation is suspended; write to support.',
  })
  await platform().delete(members).where(eq(members.tenantId, late.id))
  expect(await sent()).toMatchObject({
    ok: false,
    message: 'You are not a member of this organisation.',
  })
  await resume(tenancy(), suspension)
  expect(await sent()).toMatchObject({
    ok: false,
    message: 'You are not a member of this organisation.',
  })
  expect(await add(null, form({ _tenant: "x' or 1=1", name: 'x' }))).toMatchObject({
    ok: false,
    message: 'You are not a member of this organisation.',
  })
})

test('an operator action is not there for anybody else', async () => {
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

test('where operators need a second factor, one without it can do nothing, and is told what to do', async () => {
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
      message: expect.stringContaining('turn it on under Your account') as string,
    })
    await expect(requireOperator()).rejects.toThrow('redirect to /account/security')
    expect(run).not.toHaveBeenCalled()
    await secondFactor.prepare(id)
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

test('a user action needs a user', async () => {
  signedIn.token = undefined
  expect(await userAction(z.object({}), async () => ({}))(null, form({}))).toMatchObject({
    ok: false,
  })
})

test.each([
  ['another site', 'https://evil.example'],
  ['nowhere', null],
  ['a page without an origin', 'null'],
])('a form sent from %s is refused and does nothing', async (_, origin) => {
  from.origin = origin
  const run = vi.fn(async () => ({}))
  expect(await userAction(z.object({}), run)(null, form({}))).toMatchObject({
    ok: false,
    message: expect.stringContaining('not from a page of this site') as string,
  })
  expect(run).not.toHaveBeenCalled()
  from.origin = 'http://localhost:3000'
})
