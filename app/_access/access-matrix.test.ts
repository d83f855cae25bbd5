import { tenancy, platform } from '#db/tenancy'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Action } from '#app/_actions/action'
import { routeInventory } from '#app/_access/route-inventory'
import { actionRows, personas, pageRows, routeRows, type Persona } from '#app/_access/access-matrix'
import * as apiKeys from '#db/accounts/api-keys'
import { newId, closePools } from '@rowhouse/tenancy'
import { inhabitant, memberOf } from '#db/isolation/testing/world'
import { operators } from '#db/schema/platform'
import * as sessions from '#db/accounts/sessions'
import * as users from '#db/accounts/users'

const signedIn = vi.hoisted(() => ({ token: undefined as string | undefined }))
vi.mock('next/cache', () => ({ refresh: () => {}, revalidatePath: () => {} }))
vi.mock('next/headers', () => ({
  headers: async () => new Headers({ origin: 'http://localhost:3000', host: 'localhost:3000' }),
  cookies: async () => ({ get: () => undefined }),
}))
vi.mock('next/navigation', () => ({
  notFound: () => {
    throw new Error('not found')
  },
  redirect: (to: string) => {
    throw new Error(`redirect to ${to}`)
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
  const { id } = await inhabitant('shared', 'a', 2)
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

test('every action, route and page that the source has is in the table, and no other', () => {
  expect(all.actions.map(({ name }) => name).toSorted()).toEqual(Object.keys(actionRows).toSorted())
  expect(all.routes.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
    Object.keys(routeRows).toSorted(),
  )
  expect(all.pages.map(({ path }) => path).toSorted()).toEqual(Object.keys(pageRows).toSorted())
  expect(all.actions.length).toBeGreaterThan(30)
})

test('every page behind a sign-in checks for itself, since the frame around it outlives navigations', () => {
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

test('the table says of no action that it is open to anybody, except for those made as such, and the other way round', () => {
  const open = (made: boolean) =>
    all.actions
      .filter(({ name, maker }) =>
        made ? maker === 'publicAction' : 'open' in (actionRows[name] ?? {}),
      )
      .map(({ name }) => name)
  expect(open(true)).toEqual(open(false))
})

/** Past the check of who they are, or turned away by it. */
async function tried(
  action: Action<unknown>,
  who: Persona,
  form: object,
): Promise<'let in' | 'refused'> {
  signedIn.token = await fresh(who)
  try {
    const answer = await action(null, { _tenant: tenantId, ...form })
    return !answer.ok &&
      /^(Your (role is|session has ended)|This form belongs to|You are not a member)/.test(
        answer.message,
      )
      ? 'refused'
      : 'let in'
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('redirect to')) return 'let in'
    if (error instanceof Error && error.message === 'not found') return 'refused'
    throw error
  }
}

/** A session that still stands: some actions end it, or take it to another tenant. */
async function fresh(who: Persona): Promise<string | undefined> {
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

const guarded = all.actions.flatMap(({ file, name }) => {
  const row = actionRows[name]
  return !row || 'open' in row
    ? []
    : personas.map((who) => ({
        file,
        name,
        who,
        row,
        expected: row.allowed.includes(who) ? 'let in' : 'refused',
      }))
})
test.each(guarded)('$name as $who: $expected', async ({ file, name, who, row, expected }) => {
  const loaded = (await import(join(root, file))) as Record<string, Action<unknown>>
  const action = loaded[name]
  expect(action && (await tried(action, who, row.form))).toBe(expected)
})

const smuggled = {
  tenantId: none,
  tenant_id: none,
  tier: 'enterprise',
  role: 'owner',
  isAdmin: 'true',
  operator: 'true',
  userId: none,
}
test.each(all.actions)(
  '$name takes no field that its form does not have',
  async ({ file, name }) => {
    const loaded = (await import(join(root, file))) as Record<string, Action<unknown>>
    const row = actionRows[name]
    const form = row && 'form' in row ? row.form : {}
    signedIn.token = await fresh(
      row && 'form' in row && row.allowed.includes('operator') && !row.allowed.includes('owner')
        ? 'operator'
        : 'owner',
    )
    const foreign = Object.keys(smuggled).filter((field) => !(field in form))
    for (const field of foreign) {
      const answer = await loaded[name]?.(null, {
        _tenant: tenantId,
        ...form,
        [field]: smuggled[field as keyof typeof smuggled],
      })
      expect(answer).toMatchObject({
        ok: false,
        message: `The form sent something unexpected (${field}); reload the page.`,
      })
    }
  },
)

test.each(all.actions)(
  '$name answers in words to whoever sends no form at all',
  async ({ file, name }) => {
    const loaded = (await import(join(root, file))) as Record<string, Action<unknown>>
    for (const nothing of [undefined, null, 7, 'text', []]) {
      signedIn.token = undefined
      const answer = await loaded[name]?.(null, nothing as never).catch(
        (error: Error) => error.message,
      )
      expect(answer === 'not found' || (typeof answer === 'object' && !answer.ok)).toBe(true)
    }
  },
)

type Handler = (request: Request, context: unknown) => Promise<Response>
const answered = all.routes.flatMap(({ file, method, path }) => {
  const row = routeRows[`${method} ${path}`]
  return !row || 'open' in row
    ? []
    : personas.map((who) => ({
        file,
        method,
        path,
        who,
        row,
        expected: row.allowed.includes(who) ? 'let in' : 'refused',
      }))
})
test.each(answered)(
  '$method $path as $who: $expected',
  async ({ file, method, path, who, row, expected }) => {
    const loaded = (await import(join(root, file))) as Record<string, Handler>
    signedIn.token = row.by === 'session' ? await fresh(who) : undefined
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
      (answer) => answer ?? { status: 500 },
      (error: Error) => ({ status: error.message === 'not found' ? 404 : 500 }),
    )
    const turnedAway =
      [401, 403].includes(status) ||
      (status === 404 && row.allowed.every((one) => one === 'operator') && who !== 'operator')
    expect(turnedAway ? 'refused' : 'let in').toBe(expected)
    expect(status).toBeLessThan(500)
  },
)

test('an operator who was removed meanwhile finds no action and no route of operators any more', async () => {
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
  const answers = await Promise.allSettled(tries)
  expect(answers.length).toBeGreaterThan(20)
  expect(
    answers.filter(
      (answer) => answer.status !== 'rejected' || !String(answer.reason).includes('not found'),
    ),
  ).toEqual([])
})
