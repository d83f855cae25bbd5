import { tenancy, platform } from '#db/tenancy'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Action, ActionState } from '#app/_actions/action'
import { routeInventory } from '#app/_access/route-inventory'
import { actionRows, personas, pageRows, routeRows, type Persona } from '#app/_access/access-matrix'
import * as apiKeys from '#db/accounts/api-keys'
import { NotAMember, NotSignedIn, closePools, newId } from '@rowhouse/tenancy'
import { NotAllowed, SecondFactorMissing, WrongTenant } from '#db/errors'
import { createTestTenant, memberOf } from '#db/isolation/testing/test-tenants'
import { operators } from '#db/schema/platform'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'

const signedIn = vi.hoisted(() => ({ token: undefined as string | undefined }))
vi.mock('next/cache', () => ({ refresh: () => {}, revalidatePath: () => {} }))
vi.mock('next/headers', () => ({
  headers: async () => new Headers({ origin: 'http://localhost:3000', host: 'localhost:3000' }),
  cookies: async () => ({ get: () => undefined }),
}))
const navigation = vi.hoisted(() => ({
  NotFoundPage: class extends Error {},
  Redirect: class extends Error {},
}))
vi.mock('next/navigation', () => ({
  notFound: () => {
    throw new navigation.NotFoundPage()
  },
  redirect: (to: string) => {
    throw new navigation.Redirect(to)
  },
}))
vi.mock('#app/_session/cookies', () => ({
  readCookie: async () => undefined,
  setCookie: async () => {},
  deleteCookie: async () => {},
}))
vi.mock('#app/_session/session', () => {
  const auth = async () => {
    const facts = signedIn.token ? await sessions.read(signedIn.token) : undefined
    return facts ? { ...facts, token: signedIn.token } : null
  }
  return {
    auth,
    requireTenant: auth,
    requireUser: auth,
    signOut: async () => {},
    startSession: async () => {},
    askForCode: async () => '',
    oauthUrl: async () => '',
  }
})

const root = join(import.meta.dirname, '../..')
const all = routeInventory(root)
const tokens: Partial<Record<Persona, string>> = {}
const keys: Partial<Record<Persona, string>> = {}
let tenantId = ''
const none = newId()

beforeAll(async () => {
  const { id } = await createTestTenant('shared', 'a', 2)
  tenantId = id
  for (const who of ['owner', 'admin', 'member', 'viewer'] as const) {
    const { token, actor } = await memberOf(id, who)
    tokens[who] = token
    keys[who] = (
      await apiKeys.create({
        tenantId: id,
        userId: actor.id ?? '',
        name: who,
        scope: 'write',
        days: null,
      })
    ).key
  }
})
afterAll(() => closePools(tenancy()))

test('the access matrix lists every action, route and page of the source, and no others', () => {
  expect(all.actions.map(({ name }) => name).toSorted()).toEqual(Object.keys(actionRows).toSorted())
  expect(all.routes.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
    Object.keys(routeRows).toSorted(),
  )
  expect(all.pages.map(({ path }) => path).toSorted()).toEqual(Object.keys(pageRows).toSorted())
  expect(all.actions.length).toBeGreaterThan(30)
})

test('every page behind a sign-in checks the session itself, because its layout is not rendered again on navigation', () => {
  const behind = all.pages.flatMap(({ path, file }) =>
    pageRows[path]?.nobody === 'page' || /\(auth\)|mailbox/.test(file) ? [] : [file],
  )
  expect(
    behind.filter(
      (file) =>
        !/await (tenantPage|consolePage|requireUser|requireTenant)\(\)/.test(
          readFileSync(join(root, file), 'utf8'),
        ),
    ),
  ).toEqual([])
  expect(behind.length).toBeGreaterThan(20)
})

test('the actions that the matrix lists as public are exactly those made by publicAction', () => {
  const madePublic = all.actions.filter(({ maker }) => maker === 'publicAction')
  const listedAsPublic = all.actions.filter(
    ({ name }) => 'publicBecause' in (actionRows[name] ?? {}),
  )
  expect(madePublic.map(({ name }) => name)).toEqual(listedAsPublic.map(({ name }) => name))
})

/** The error codes that refuse the caller, as opposed to the input. */
const accessCodes: string[] = [
  NotSignedIn.code,
  NotAllowed.code,
  NotAMember.code,
  SecondFactorMissing.code,
  WrongTenant.code,
]

/** Calls an action as a persona. An error about the input counts as allowed. */
async function callAs(
  who: Persona,
  action: Action<unknown>,
  form: object,
): Promise<'allowed' | 'refused'> {
  signedIn.token = await freshToken(who)
  try {
    const response = await action(null, { _tenant: tenantId, ...form })
    return !response.ok && accessCodes.includes(response.code) ? 'refused' : 'allowed'
  } catch (error) {
    if (error instanceof navigation.Redirect) return 'allowed'
    if (error instanceof navigation.NotFoundPage) return 'refused'
    throw error
  }
}

/** The token of a session in the tenant; a new one if an earlier action ended or switched it. */
async function freshToken(who: Persona): Promise<string | undefined> {
  if (who === 'nobody') return undefined
  const known = await sessions.read(tokens[who] ?? '')
  if (known && known.tenant?.id === (who === 'operator' ? undefined : tenantId)) return tokens[who]
  return (tokens[who] =
    who === 'operator' ? await operator() : (await memberOf(tenantId, who)).token)
}

async function operator(): Promise<string> {
  const { id } = await users.create(platform(), {
    email: `${newId()}@rowhouse.example`,
    name: 'Olivia',
    verified: true,
  })
  await users.makeOperator(platform(), id, 'test')
  return sessions.start(id, { device: '', address: '' })
}

const guardedActions = all.actions.flatMap(({ file, name }) => {
  const row = actionRows[name]
  return !row || 'publicBecause' in row
    ? []
    : personas.map((who) => ({
        file,
        name,
        who,
        row,
        expected: row.allowed.includes(who) ? 'allowed' : 'refused',
      }))
})
test.each(guardedActions)(
  '$name as $who: $expected',
  async ({ file, name, who, row, expected }) => {
    const loaded = (await import(join(root, file))) as Record<string, Action<unknown>>
    const action = loaded[name]
    expect(action && (await callAs(who, action, row.form))).toBe(expected)
  },
)

const foreignFields = {
  tenantId: none,
  tenant_id: none,
  tier: 'enterprise',
  role: 'owner',
  isAdmin: 'true',
  operator: 'true',
  userId: none,
}
test.each(all.actions)(
  '$name refuses fields that its form does not have',
  async ({ file, name }) => {
    const loaded = (await import(join(root, file))) as Record<string, Action<unknown>>
    const row = actionRows[name]
    const form = row && 'form' in row ? row.form : {}
    signedIn.token = await freshToken(
      row && 'form' in row && row.allowed.includes('operator') && !row.allowed.includes('owner')
        ? 'operator'
        : 'owner',
    )
    const extra = Object.keys(foreignFields).filter((field) => !(field in form))
    for (const field of extra) {
      const response = await loaded[name]?.(null, {
        _tenant: tenantId,
        ...form,
        [field]: foreignFields[field as keyof typeof foreignFields],
      })
      expect(response).toMatchObject({
        ok: false,
        code: 'invalid',
        message: `The form sent something unexpected (${field}); reload the page.`,
      })
    }
  },
)

test.each(all.actions)(
  '$name refuses a request without a form, and does not crash',
  async ({ file, name }) => {
    const loaded = (await import(join(root, file))) as Record<string, Action<unknown>>
    for (const nothing of [undefined, null, 7, 'text', []]) {
      signedIn.token = undefined
      const response = await loaded[name]?.(null, nothing as never).catch((error: unknown) => error)
      expect(response).toSatisfy(
        (response: ActionState | Error) =>
          response instanceof navigation.NotFoundPage || ('ok' in response && !response.ok),
      )
    }
  },
)

type Handler = (request: Request, context: unknown) => Promise<Response>
const guardedRoutes = all.routes.flatMap(({ file, method, path }) => {
  const row = routeRows[`${method} ${path}`]
  return !row || 'publicBecause' in row
    ? []
    : personas.map((who) => ({
        file,
        method,
        path,
        who,
        row,
        expected: row.allowed.includes(who) ? 'allowed' : 'refused',
      }))
})
test.each(guardedRoutes)(
  '$method $path as $who: $expected',
  async ({ file, method, path, who, row, expected }) => {
    const loaded = (await import(join(root, file))) as Record<string, Handler>
    signedIn.token = row.by === 'session' ? await freshToken(who) : undefined
    const headers = {
      ...(row.by === 'key' && keys[who] && { authorization: `Bearer ${keys[who]}` }),
      'content-type': 'application/json',
    }
    const request = new Request(`http://localhost:3000${path}`, {
      method,
      headers,
      ...(row.body && { body: JSON.stringify(row.body) }),
    })
    const params = Promise.resolve(path.includes('[id]') ? { id: 'none' } : {})
    const { status } = await Promise.resolve(loaded[method]?.(request, { params })).then(
      (response) => response ?? { status: 500 },
      (error: unknown) => ({ status: error instanceof navigation.NotFoundPage ? 404 : 500 }),
    )
    const refused =
      [401, 403].includes(status) ||
      (status === 404 && row.allowed.every((one) => one === 'operator') && who !== 'operator')
    expect(refused ? 'refused' : 'allowed').toBe(expected)
    expect(status).toBeLessThan(500)
  },
)

test('an operator who is removed gets a 404 from every operator action and route', async () => {
  const token = (signedIn.token = await operator())
  const session = await sessions.read(token)
  await platform()
    .delete(operators)
    .where(eq(operators.userId, session?.user.id ?? ''))
  const tries: Promise<unknown>[] = []
  for (const { file, name } of all.actions) {
    const row = actionRows[name]
    const action = ((await import(join(root, file))) as Record<string, Action<unknown>>)[name]
    if (row && 'allowed' in row && row.allowed.every((who) => who === 'operator') && action)
      tries.push(action(null, row.form))
  }
  for (const { file, method, path } of all.routes.filter(({ path }) =>
    path.startsWith('/console'),
  )) {
    const handler = ((await import(join(root, file))) as Record<string, Handler>)[method]
    if (handler)
      tries.push(
        handler(new Request(`http://localhost:3000${path}`), {
          params: Promise.resolve({ id: 'none' }),
        }),
      )
  }
  const responses = await Promise.allSettled(tries)
  expect(responses.length).toBeGreaterThan(20)
  expect(
    responses.filter(
      (response) =>
        response.status !== 'rejected' || !(response.reason instanceof navigation.NotFoundPage),
    ),
  ).toEqual([])
})
