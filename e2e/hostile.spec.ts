import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { routeInventory } from '#app/_access/route-inventory'
import { actionRows, routeRows } from '#app/_access/access-matrix'
import * as apiKeys from '#db/accounts/api-keys'
import { run as sandboxLogin } from '#db/cli/sandbox-login'
import { closePools, limitNames, setLimits, bySlug } from '@rowhouse/tenancy'
import { platform, tenancy } from '#db/tenancy'
import * as users from '#db/accounts/users'
import {
  builtActions,
  dice,
  memoryOf,
  nasty,
  nastyJson,
  send,
  type Answer,
  type Ask,
  type Dice,
} from './hostile-requests'

// HOSTILE_SEED repeats a run; HOSTILE_COUNT and --all make it long.
const seed = Number(
  process.env.HOSTILE_SEED ?? (process.env.E2E_ALL ? Date.now() % 1_000_000 : 10124),
)
const count = Number(process.env.HOSTILE_COUNT ?? (process.env.E2E_ALL ? 6000 : 300))
const port = Number(process.env.E2E_PORT ?? 3100)
const origin = `http://localhost:${port}`
const someId = '01a2060b-1936-7b76-be35-4d04e7a7fc17'

/** The few answers of 500 and above that are right. */
const expected: { what: RegExp; status: number; why: string }[] = [
  { what: /^GET \/readyz/, status: 503, why: 'says that something is missing, which is its work' },
  {
    what: /^TRACE /,
    status: 500,
    why: 'Next makes a Request of each request, and fetch forbids this method',
  },
  {
    what: /^(GET|POST) \/api\/auth\/(callback|signin)\/oidc/,
    status: 500,
    why: 'the provider of identities does not run here',
  },
]

test.afterAll(() => closePools(tenancy()))

test('hostile values: no server error, no crash, nothing of PostgreSQL, no foreign redirect, bounded memory', async () => {
  test.setTimeout(60_000 + count * 150)
  const roll = dice(seed)
  const people = await visitors()
  const asks = makers(people)
  const pid = Number(readFileSync('test-results/server.pid', 'utf8'))
  for (let i = 0; i < 40; i++) await send(port, asks[i % asks.length]?.(roll) as Ask)
  const before = memoryOf(pid)
  let most = 0
  const wrong: string[] = []
  const statuses: Record<number, number> = {}
  const pending = Array.from({ length: count }, (_, i) => ({
    ask: asks[i % asks.length]?.(roll) as Ask,
    i,
  }))
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let next = pending.shift(); next; next = pending.shift()) {
        const answer = await send(port, next.ask)
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        const fault = faultOf(next.ask, answer)
        if (fault)
          wrong.push(`#${next.i} ${fault}: ${told(next.ask)} -> ${answer.body.slice(0, 100)}`)
        most = Math.max(most, memoryOf(pid) ?? 0)
      }
    }),
  )
  console.log(
    `${count} hostile values, seed ${seed}; answers by status: ${JSON.stringify(statuses)}; memory ${before?.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`,
  )
  expect(wrong.slice(0, 20), `of ${wrong.length}`).toEqual([])
  expect((await send(port, { method: 'GET', path: '/healthz', headers: {} })).status).toBe(200)
  expect(Number(readFileSync('test-results/server.pid', 'utf8'))).toBe(pid)
  if (before) expect(most).toBeLessThan(before + 600)
  // what turns everything away at the threshold has not been tested
  expect((statuses[429] ?? 0) / count).toBeLessThan(0.1)
  expect((statuses[200] ?? 0) / count).toBeGreaterThan(0.1)
})

/** As short as a line may be, without the session. */
function told({
  method,
  path,
  headers: { cookie: _, origin: __, ...headers },
  body = '',
}: Ask): string {
  return `${method} ${path.slice(0, 150)} ${JSON.stringify(headers).slice(0, 200)} ${body.toString().slice(0, 200)}`
}

function faultOf({ method, path }: Ask, { status, headers, body }: Answer): string | undefined {
  if (status === -1) return 'no answer in 20 s'
  if (
    status >= 500 &&
    !expected.some((one) => one.status === status && one.what.test(`${method} ${path}`)) &&
    !unreadable(headers)
  )
    return `status ${status}`
  if (
    /syntax error at or near|invalid input syntax|violates (check|foreign|unique)|Failed query|node_modules\/|at .{1,80}\.(ts|js):\d+/.test(
      body,
    )
  )
    return 'tells of the inside'
  const to = /^(?:location|x-action-redirect): (.*)$/im.exec(headers)?.[1]
  if (to !== undefined && new URL(to.split(';')[0] ?? '', origin).host !== new URL(origin).host)
    return `redirects to ${to}`
}

/**
 * The body of an action that React's decoder could not read: Next answers 500 before any code of
 * ours. The log has where it broke.
 */
function unreadable(headers: string): boolean {
  const id = /^x-request-id: (.*)$/im.exec(headers)?.[1]
  const line = readFileSync('test-results/server.log', 'utf8')
    .split('\n')
    .find((one) => one.includes('"request failed"') && one.includes(`"requestId":"${id}"`))
  const { routeType, at = [] } = JSON.parse(line ?? '{}') as { routeType?: string; at?: string[] }
  return (
    routeType === 'action' &&
    !at.some((frame) => /server\/chunks|node_modules\/(pg|drizzle)/.test(frame))
  )
}

type People = { tenantId: string; cookies: Record<'ada' | 'olivia', string>; key: string }

async function visitors(): Promise<People> {
  const cookie = async (email: string) =>
    String(
      ((await sandboxLogin({ values: {}, positionals: [email] } as never)) as { text: string })
        .text,
    )
  const { id } = await bySlug(platform(), 'acme')
  await setLimits(
    tenancy(),
    { tenantId: id, actor: 'test', reason: 'hostile values' },
    Object.fromEntries(
      limitNames.map((name) => [
        name,
        name === 'requestsPerMinute' || name === 'apiPerMinute' ? 1_000_000 : null,
      ]),
    ),
  )
  const ada = await users.byEmail(platform(), 'ada@acme.example')
  const { key } = await apiKeys.create({
    tenantId: id,
    userId: ada?.id ?? '',
    name: 'hostile',
    scope: 'write',
    days: 1,
  })
  return {
    tenantId: id,
    cookies: {
      ada: await cookie('ada@acme.example'),
      olivia: await cookie('olivia@rowhouse.example'),
    },
    key,
  }
}

/** One maker for each way in; they take turns. */
function makers({ tenantId, cookies, key }: People): ((roll: Dice) => Ask)[] {
  const { pages: found, routes } = routeInventory(process.cwd())
  const pages = found.map(({ path }) => path)
  const actions = builtActions().filter(
    ({ name }) => !/^(signOutAction|endOtherSessions|endSession)$/.test(name),
  )
  const session = (roll: Dice) => roll.one([cookies.ada, cookies.ada, cookies.olivia])
  const cleanHeader = (text: string) => text.replaceAll(/[\0\r\n]/g, '')
  const filled = (path: string, roll: Dice) =>
    path.replaceAll(/\[(?:\.\.\.)?\w+\]/g, () =>
      roll.below(3) === 0 ? someId : escaped(nasty(roll, 3000), roll),
    )
  const names = [
    'q',
    'after',
    'before',
    'status',
    'sort',
    'from',
    'to',
    'size',
    'customer',
    'min',
    'max',
    'archived',
    'back',
    'next',
    'callbackUrl',
    'error',
    'token',
    'tier',
    'slug',
    'days',
    'page',
    '_rsc',
    '__nextLocale',
    '__proto__',
    'limit',
    'cursor',
  ]
  const query = (roll: Dice) =>
    Array.from(
      { length: roll.one([1, 2, 6]) },
      () =>
        `${roll.below(8) === 0 ? escaped(nasty(roll, 50), roll) : roll.one(names)}=${escaped(nasty(roll, 1500), roll)}`,
    ).join('&')
  const posted = (
    path: string,
    id: string,
    body: string | Buffer,
    type: string,
    cookie: string,
  ): Ask => ({
    method: 'POST',
    path,
    headers: {
      origin,
      cookie,
      'next-action': id,
      accept: 'text/x-component',
      'content-type': type,
    },
    body,
  })

  return [
    (roll) => ({
      method: 'GET',
      path: filled(roll.one(pages), roll),
      headers: { cookie: session(roll), accept: 'text/html' },
    }),
    (roll) => ({
      method: 'GET',
      path: `${filled(roll.one(pages), roll)}?${query(roll)}`,
      headers: {
        cookie: session(roll),
        accept: 'text/html',
        ...(roll.below(2) === 0 && { rsc: '1' }),
      },
    }),
    (roll) => ({
      method: roll.one([
        'GET',
        'GET',
        'HEAD',
        'POST',
        'PUT',
        'DELETE',
        'PATCH',
        'OPTIONS',
        'TRACE',
        'BREW',
      ]),
      path: `${filled(roll.one([...pages, ...routes.map(({ path }) => path)]), roll)}?${query(roll)}`,
      headers: { cookie: session(roll), origin },
    }),
    (roll) => ({
      method: 'GET',
      path: `${filled(roll.one(routes.filter(({ method }) => method === 'GET'))?.path ?? '/', roll)}?${query(roll)}`,
      headers: { cookie: session(roll), authorization: `Bearer ${key}` },
    }),
    // cookies
    (roll) => {
      const [name = '', value = ''] = cookies.ada.split('=')
      const spoilt = roll.one([
        `${name}=${cleanHeader(nasty(roll, 3000))}`,
        `${name}=${value.slice(0, roll.below(value.length))}`,
        `${name}=${value.slice(0, -3)}AAA`,
        `${name}.0=${value.slice(0, 40)}; ${name}.1=${value.slice(40)}`,
        `${name}=x; ${name}=${value}`,
        `${cleanHeader(nasty(roll, 500))}=${cleanHeader(nasty(roll, 500))}; ${cookies.ada}`,
        ';'.repeat(500),
        `authjs.callback-url=${cleanHeader(nasty(roll, 500))}; ${cookies.ada}`,
      ])
      return {
        method: 'GET',
        path: roll.one(['/orders', '/overview', '/sign-in', '/api/auth/session', '/console']),
        headers: { cookie: spoilt },
      }
    },
    // headers and hosts
    (roll) => {
      const name = roll.one([
        'host',
        'x-forwarded-host',
        'x-forwarded-proto',
        'x-forwarded-for',
        'x-forwarded-port',
        'forwarded',
        'origin',
        'referer',
        'user-agent',
        'accept',
        'accept-language',
        'accept-encoding',
        'range',
        'if-none-match',
        'if-modified-since',
        'content-type',
        'rsc',
        'next-router-state-tree',
        'next-router-prefetch',
        'next-router-segment-prefetch',
        'next-url',
        'x-middleware-subrequest',
        'x-nextjs-data',
        'x-invoke-path',
        'x-matched-path',
        'x-rowhouse-path',
        'x-nonce',
        'x-request-id',
        'traceparent',
        'authorization',
        'next-action',
        'upgrade',
        'expect',
        'te',
        'cookie2',
        'x-http-method-override',
        'x-original-url',
      ])
      return {
        method: roll.one(['GET', 'GET', 'POST']),
        path: roll.one([
          '/orders',
          '/sign-in',
          '/',
          '/overview',
          '/api/v1/orders',
          '/find?q=a',
          '/api/auth/session',
        ]),
        headers: {
          cookie: cookies.ada,
          ...(roll.below(2) === 0 && { rsc: '1' }),
          [name]: roll.below(4) === 0 ? nasty(roll, 2000) : cleanHeader(nasty(roll, 2000)),
        },
      }
    },
    // where to go after signing in
    (roll) => {
      const target = escaped(nasty(roll, 1000), roll)
      return roll.one<Ask>([
        {
          method: 'GET',
          path: `/sign-in?${roll.one(['next', 'back', 'callbackUrl', 'to'])}=${target}`,
          headers: { cookie: session(roll) },
        },
        { method: 'GET', path: `/api/auth/signin?callbackUrl=${target}`, headers: {} },
        {
          method: 'GET',
          path: `/api/auth/${roll.one(['callback', 'signin', 'signout', 'error', 'providers', 'csrf', 'session', 'verify-request'])}/${roll.one(['github', 'oidc', 'credentials', target])}?callbackUrl=${target}&error=${target}&code=${target}&state=${target}`,
          headers: { cookie: session(roll) },
        },
        {
          method: 'POST',
          path: `/api/auth/${roll.one(['callback/credentials', 'signin/oidc', 'signout', 'session', 'callback/oidc', '_log'])}`,
          headers: {
            origin,
            'content-type': 'application/x-www-form-urlencoded',
            cookie: `authjs.csrf-token=${target.slice(0, 500)}`,
          },
          body: `csrfToken=${target}&callbackUrl=${target}&email=${target}&password=${target}&json=true`,
        },
        {
          method: 'POST',
          path: '/api/auth/session',
          headers: { origin, 'content-type': 'application/json', cookie: cookies.ada },
          body: JSON.stringify({ csrfToken: target, data: { tenantId: nastyJson(roll) } }),
        },
      ])
    },
    // actions: a form that fits, with one value that does not
    ...[0, 1, 2].map((): ((roll: Dice) => Ask) => (roll) => {
      const { id, name, path } = roll.one(actions)
      const row = actionRows[name]
      const form: Record<string, unknown> = {
        _tenant: tenantId,
        ...(row && 'form' in row
          ? row.form
          : {
              email: 'x@y.example',
              password: 'four green kettles',
              code: '123456',
              token: 'a'.repeat(43),
              next: '/orders',
            }),
      }
      const field = roll.below(8) === 0 ? nasty(roll, 200) : roll.one(Object.keys(form))
      form[field] = roll.below(2) === 0 ? nastyJson(roll) : nasty(roll)
      const operators = /Move|Tier|Tenant|Audit|Invariants|Drift|startRun|Queued|Support/.test(name)
      return posted(
        path,
        id,
        JSON.stringify([null, form]),
        'text/plain;charset=UTF-8',
        operators ? cookies.olivia : cookies.ada,
      )
    }),
    // the same as a browser without scripts would send it, with names that nobody made
    (roll) => {
      const { id, path } = roll.one(actions)
      const parts = Array.from({ length: roll.one([1, 3, 10]) }, () => [
        roll.one([
          `1_${nasty(roll, 100)}`,
          '1_lines.0.quantity',
          `1_${'a.'.repeat(roll.one([3, 500, 20_000]))}b`,
          '0',
          '1',
          '1__tenant',
          '$ACTION_ID_x',
          '1_lines.9999',
          '1_lines.__proto__.x',
        ]),
        nasty(roll),
      ])
      parts.push(['0', '["$undefined","$K1"]'])
      return posted(
        path,
        id,
        multipart(parts as [string, string][]),
        'multipart/form-data; boundary=xyz',
        cookies.ada,
      )
    },
    // bodies that are none
    (roll) => {
      const { id, path } = roll.one(actions)
      const body = roll.one([
        nasty(roll),
        '[',
        '[]',
        'null',
        '"$1"',
        '[["$Q0"]]',
        '[null,"$F1"]',
        '{"0":1}',
        '[null,{"then":"$1"}]',
        `[null,${'['.repeat(5000)}${']'.repeat(5000)}]`,
        JSON.stringify([null, nastyJson(roll)]),
        'x'.repeat(roll.one([1000, 400_000, 1_200_000])),
      ])
      return posted(
        path,
        roll.one([id, id, id, 'f'.repeat(42), nasty(roll, 60).replaceAll(/[^\x20-\x7e]/g, 'x')]),
        body,
        roll.one([
          'text/plain;charset=UTF-8',
          'application/json',
          'multipart/form-data',
          'multipart/form-data; boundary=xyz',
          'application/x-www-form-urlencoded',
          'text/x-component',
        ]),
        cookies.ada,
      )
    },
    // the API
    (roll) => ({
      method: 'GET',
      path: `/api/v1/orders?${roll.below(2) === 0 ? `limit=${escaped(nasty(roll, 30), roll)}&cursor=${escaped(nasty(roll, 300), roll)}` : query(roll)}`,
      headers: { authorization: roll.below(6) === 0 ? cleanHeader(nasty(roll)) : `Bearer ${key}` },
    }),
    (roll) => {
      const fits: Record<string, unknown> = {
        customerId: someId,
        note: 'x',
        lines: [{ productId: someId, quantity: 1, unitPriceMinor: 1 }],
        ...(routeRows['POST /api/v1/orders'] as { body: object }).body,
      }
      const body =
        roll.below(3) === 0
          ? roll.one([
              nasty(roll),
              JSON.stringify(nastyJson(roll)),
              'x'.repeat(1_000_000),
              `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
            ])
          : JSON.stringify({
              ...fits,
              [roll.below(6) === 0 ? nasty(roll, 50) : roll.one(Object.keys(fits))]:
                nastyJson(roll),
            })
      return {
        method: 'POST',
        path: '/api/v1/orders',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
      }
    },
    // cells of a table that somebody opens in a spreadsheet
    (roll) =>
      posted(
        '/customers',
        actions.find(({ name }) => name === 'createCustomer')?.id ?? '',
        JSON.stringify([
          null,
          {
            _tenant: tenantId,
            name: nasty(roll, 100),
            email: '',
            phone: nasty(roll, 30),
            address: nasty(roll, 200),
            note: nasty(roll, 300),
          },
        ]),
        'text/plain;charset=UTF-8',
        cookies.ada,
      ),
    (roll) => ({
      method: 'GET',
      path: `/orders/export?${query(roll)}`,
      headers: { cookie: cookies.ada },
    }),
  ]
}

const multipart = (parts: [string, string][]) =>
  Buffer.from(
    `${parts.map(([name, value]) => `--xyz\r\ncontent-disposition: form-data; name="${name.replaceAll(/["\r\n]/g, '')}"\r\n\r\n${value}`).join('\r\n')}\r\n--xyz--\r\n`,
  )

/**
 * In an address: mostly encoded as it should be, sometimes only so far that the request line stays
 * one.
 */
function escaped(text: string, roll: Dice): string {
  const raw = roll.below(5) === 0
  const whole = Buffer.from(text).toString('latin1')
  if (raw)
    return whole.replaceAll(
      /[\0- \u007f]/g,
      (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
  return whole.replaceAll(
    /[^\w.~-]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
