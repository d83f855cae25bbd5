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
  maliciousJson,
  maliciousText,
  memoryOf,
  createRandom,
  send,
  type Random,
  type RawRequest,
  type RawResponse,
} from './fuzz-requests'

// FUZZ_SEED repeats a run; FUZZ_COUNT and --all make it longer.
const seed = Number(process.env.FUZZ_SEED ?? (process.env.E2E_ALL ? Date.now() % 1_000_000 : 10124))
const count = Number(process.env.FUZZ_COUNT ?? (process.env.E2E_ALL ? 6000 : 300))
const port = Number(process.env.E2E_PORT ?? 3100)
const origin = `http://localhost:${port}`
const someId = '01a2060b-1936-7b76-be35-4d04e7a7fc17'

/** The responses with status 500 and above that are correct. */
const expected: { what: RegExp; status: number; why: string }[] = [
  { what: /^GET \/readyz/, status: 503, why: 'reports a missing dependency, which is its purpose' },
  {
    what: /^TRACE /,
    status: 500,
    why: 'Next creates a Request, which forbids this method',
  },
  {
    what: /^(GET|POST) \/api\/auth\/(callback|signin)\/oidc/,
    status: 500,
    why: 'no identity provider is running',
  },
]

test.afterAll(() => closePools(tenancy()))

test('malicious values cause no server error, crash, database message, foreign redirect or memory growth', async () => {
  test.setTimeout(60_000 + count * 150)
  const random = createRandom(seed)
  const accounts = await prepareAccounts()
  const generators = requestGenerators(accounts)
  const pid = Number(readFileSync('test-results/server.pid', 'utf8'))
  for (let i = 0; i < 40; i++)
    await send(port, generators[i % generators.length]?.(random) as RawRequest)
  const before = memoryOf(pid)
  let peak = 0
  let peakOfFirstHalf = 0
  const problems: string[] = []
  const statuses: Record<number, number> = {}
  const pending = Array.from({ length: count }, (_, i) => ({
    request: generators[i % generators.length]?.(random) as RawRequest,
    i,
  }))
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let next = pending.shift(); next; next = pending.shift()) {
        const response = await send(port, next.request)
        statuses[response.status] = (statuses[response.status] ?? 0) + 1
        const problem = problemOf(next.request, response)
        if (problem)
          problems.push(
            `#${next.i} ${problem}: ${describeRequest(next.request)} -> ${response.body.slice(0, 100)}`,
          )
        peak = Math.max(peak, memoryOf(pid) ?? 0)
        if (next.i < count / 2) peakOfFirstHalf = peak
      }
    }),
  )
  console.log(
    `${count} malicious requests, seed ${seed}; responses by status: ${JSON.stringify(statuses)}; memory ${before?.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most`,
  )
  expect(problems.slice(0, 20), `of ${problems.length}`).toEqual([])
  expect((await send(port, { method: 'GET', path: '/healthz', headers: {} })).status).toBe(200)
  expect(Number(readFileSync('test-results/server.pid', 'utf8'))).toBe(pid)
  if (before) {
    expect(peak).toBeLessThan(before + 800)
    // a leak grows until the end; a server that warms up does not
    if (count >= 6000) expect(peak).toBeLessThan(peakOfFirstHalf * 1.3)
  }
  // if most requests were rate limited, nothing was tested
  expect((statuses[429] ?? 0) / count).toBeLessThan(0.1)
  expect((statuses[200] ?? 0) / count).toBeGreaterThan(0.1)
})

/** A request as one short line, without its session cookie. */
function describeRequest({
  method,
  path,
  headers: { cookie: _, origin: __, ...headers },
  body = '',
}: RawRequest): string {
  return `${method} ${path.slice(0, 150)} ${JSON.stringify(headers).slice(0, 200)} ${body.toString().slice(0, 200)}`
}

function problemOf(
  { method, path }: RawRequest,
  { status, headers, body }: RawResponse,
): string | undefined {
  if (status === -1) return 'no response within 20 s'
  if (
    status >= 500 &&
    !expected.some((one) => one.status === status && one.what.test(`${method} ${path}`)) &&
    !isDecodingError(headers)
  )
    return `status ${status}`
  if (
    /syntax error at or near|invalid input syntax|violates (check|foreign|unique)|Failed query|node_modules\/|at .{1,80}\.(ts|js):\d+/.test(
      body,
    )
  )
    return 'reveals internals'
  const to = /^(?:location|x-action-redirect): (.*)$/im.exec(headers)?.[1]
  if (to !== undefined && new URL(to.split(';')[0] ?? '', origin).host !== new URL(origin).host)
    return `redirects to ${to}`
}

/**
 * Whether React could not decode the body of an action. Next then responds with 500 before any of
 * our code runs; the stack in the log shows it.
 */
function isDecodingError(headers: string): boolean {
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

type Accounts = { tenantId: string; cookies: Record<'ada' | 'olivia', string>; key: string }

async function prepareAccounts(): Promise<Accounts> {
  const cookie = async (email: string) =>
    String(
      ((await sandboxLogin({ values: {}, positionals: [email] } as never)) as { text: string })
        .text,
    )
  const { id } = await bySlug(platform(), 'acme')
  await setLimits(
    tenancy(),
    { tenantId: id, actor: 'test', reason: 'fuzz test' },
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
    name: 'fuzz',
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

/** One generator for each kind of request. The test cycles through them. */
function requestGenerators({
  tenantId,
  cookies,
  key,
}: Accounts): ((random: Random) => RawRequest)[] {
  const { pages: found, routes } = routeInventory(process.cwd())
  const pages = found.map(({ path }) => path)
  const actions = builtActions().filter(
    ({ name }) => !/^(signOutAction|endOtherSessions|endSession)$/.test(name),
  )
  const session = (random: Random) => random.one([cookies.ada, cookies.ada, cookies.olivia])
  const cleanHeader = (text: string) => text.replaceAll(/[\0\r\n]/g, '')
  const filled = (path: string, random: Random) =>
    path.replaceAll(/\[(?:\.\.\.)?\w+\]/g, () =>
      random.below(3) === 0 ? someId : escaped(maliciousText(random, 3000), random),
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
  const query = (random: Random) =>
    Array.from(
      { length: random.one([1, 2, 6]) },
      () =>
        `${random.below(8) === 0 ? escaped(maliciousText(random, 50), random) : random.one(names)}=${escaped(maliciousText(random, 1500), random)}`,
    ).join('&')
  const posted = (
    path: string,
    id: string,
    body: string | Buffer,
    type: string,
    cookie: string,
  ): RawRequest => ({
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
    (random) => ({
      method: 'GET',
      path: filled(random.one(pages), random),
      headers: { cookie: session(random), accept: 'text/html' },
    }),
    (random) => ({
      method: 'GET',
      path: `${filled(random.one(pages), random)}?${query(random)}`,
      headers: {
        cookie: session(random),
        accept: 'text/html',
        ...(random.below(2) === 0 && { rsc: '1' }),
      },
    }),
    (random) => ({
      method: random.one([
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
      path: `${filled(random.one([...pages, ...routes.map(({ path }) => path)]), random)}?${query(random)}`,
      headers: { cookie: session(random), origin },
    }),
    (random) => ({
      method: 'GET',
      path: `${filled(random.one(routes.filter(({ method }) => method === 'GET'))?.path ?? '/', random)}?${query(random)}`,
      headers: { cookie: session(random), authorization: `Bearer ${key}` },
    }),
    // cookies
    (random) => {
      const [name = '', value = ''] = cookies.ada.split('=')
      const tampered = random.one([
        `${name}=${cleanHeader(maliciousText(random, 3000))}`,
        `${name}=${value.slice(0, random.below(value.length))}`,
        `${name}=${value.slice(0, -3)}AAA`,
        `${name}.0=${value.slice(0, 40)}; ${name}.1=${value.slice(40)}`,
        `${name}=x; ${name}=${value}`,
        `${cleanHeader(maliciousText(random, 500))}=${cleanHeader(maliciousText(random, 500))}; ${cookies.ada}`,
        ';'.repeat(500),
        `authjs.callback-url=${cleanHeader(maliciousText(random, 500))}; ${cookies.ada}`,
      ])
      return {
        method: 'GET',
        path: random.one(['/orders', '/overview', '/sign-in', '/api/auth/session', '/console']),
        headers: { cookie: tampered },
      }
    },
    // headers and hosts
    (random) => {
      const name = random.one([
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
        method: random.one(['GET', 'GET', 'POST']),
        path: random.one([
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
          ...(random.below(2) === 0 && { rsc: '1' }),
          [name]:
            random.below(4) === 0
              ? maliciousText(random, 2000)
              : cleanHeader(maliciousText(random, 2000)),
        },
      }
    },
    // redirect targets after sign-in
    (random) => {
      const target = escaped(maliciousText(random, 1000), random)
      return random.one<RawRequest>([
        {
          method: 'GET',
          path: `/sign-in?${random.one(['next', 'back', 'callbackUrl', 'to'])}=${target}`,
          headers: { cookie: session(random) },
        },
        { method: 'GET', path: `/api/auth/signin?callbackUrl=${target}`, headers: {} },
        {
          method: 'GET',
          path: `/api/auth/${random.one(['callback', 'signin', 'signout', 'error', 'providers', 'csrf', 'session', 'verify-request'])}/${random.one(['github', 'oidc', 'credentials', target])}?callbackUrl=${target}&error=${target}&code=${target}&state=${target}`,
          headers: { cookie: session(random) },
        },
        {
          method: 'POST',
          path: `/api/auth/${random.one(['callback/credentials', 'signin/oidc', 'signout', 'session', 'callback/oidc', '_log'])}`,
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
          body: JSON.stringify({ csrfToken: target, data: { tenantId: maliciousJson(random) } }),
        },
      ])
    },
    // actions: a valid form with one malicious value
    ...[0, 1, 2].map((): ((random: Random) => RawRequest) => (random) => {
      const { id, name, path } = random.one(actions)
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
      const field =
        random.below(8) === 0 ? maliciousText(random, 200) : random.one(Object.keys(form))
      form[field] = random.below(2) === 0 ? maliciousJson(random) : maliciousText(random)
      const operators = /Move|Tier|Tenant|Audit|Invariants|Drift|startRun|Queued|Support/.test(name)
      return posted(
        path,
        id,
        JSON.stringify([null, form]),
        'text/plain;charset=UTF-8',
        operators ? cookies.olivia : cookies.ada,
      )
    }),
    // the same as a browser without scripts would send it, with unknown field names
    (random) => {
      const { id, path } = random.one(actions)
      const parts = Array.from({ length: random.one([1, 3, 10]) }, () => [
        random.one([
          `1_${maliciousText(random, 100)}`,
          '1_lines.0.quantity',
          `1_${'a.'.repeat(random.one([3, 500, 20_000]))}b`,
          '0',
          '1',
          '1__tenant',
          '$ACTION_ID_x',
          '1_lines.9999',
          '1_lines.__proto__.x',
        ]),
        maliciousText(random),
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
    // malformed bodies
    (random) => {
      const { id, path } = random.one(actions)
      const body = random.one([
        maliciousText(random),
        '[',
        '[]',
        'null',
        '"$1"',
        '[["$Q0"]]',
        '[null,"$F1"]',
        '{"0":1}',
        '[null,{"then":"$1"}]',
        `[null,${'['.repeat(5000)}${']'.repeat(5000)}]`,
        JSON.stringify([null, maliciousJson(random)]),
        'x'.repeat(random.one([1000, 400_000, 1_200_000])),
      ])
      return posted(
        path,
        random.one([
          id,
          id,
          id,
          'f'.repeat(42),
          maliciousText(random, 60).replaceAll(/[^\x20-\x7e]/g, 'x'),
        ]),
        body,
        random.one([
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
    (random) => ({
      method: 'GET',
      path: `/api/v1/orders?${random.below(2) === 0 ? `limit=${escaped(maliciousText(random, 30), random)}&cursor=${escaped(maliciousText(random, 300), random)}` : query(random)}`,
      headers: {
        authorization: random.below(6) === 0 ? cleanHeader(maliciousText(random)) : `Bearer ${key}`,
      },
    }),
    (random) => {
      const valid: Record<string, unknown> = {
        customerId: someId,
        note: 'x',
        lines: [{ productId: someId, quantity: 1, unitPriceMinor: 1 }],
        ...(routeRows['POST /api/v1/orders'] as { body: object }).body,
      }
      const body =
        random.below(3) === 0
          ? random.one([
              maliciousText(random),
              JSON.stringify(maliciousJson(random)),
              'x'.repeat(1_000_000),
              `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
            ])
          : JSON.stringify({
              ...valid,
              [random.below(6) === 0 ? maliciousText(random, 50) : random.one(Object.keys(valid))]:
                maliciousJson(random),
            })
      return {
        method: 'POST',
        path: '/api/v1/orders',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
      }
    },
    // values that end up in spreadsheet cells
    (random) =>
      posted(
        '/customers',
        actions.find(({ name }) => name === 'createCustomer')?.id ?? '',
        JSON.stringify([
          null,
          {
            _tenant: tenantId,
            name: maliciousText(random, 100),
            email: '',
            phone: maliciousText(random, 30),
            address: maliciousText(random, 200),
            note: maliciousText(random, 300),
          },
        ]),
        'text/plain;charset=UTF-8',
        cookies.ada,
      ),
    (random) => ({
      method: 'GET',
      path: `/orders/export?${query(random)}`,
      headers: { cookie: cookies.ada },
    }),
  ]
}

const multipart = (parts: [string, string][]) =>
  Buffer.from(
    `${parts.map(([name, value]) => `--xyz\r\ncontent-disposition: form-data; name="${name.replaceAll(/["\r\n]/g, '')}"\r\n\r\n${value}`).join('\r\n')}\r\n--xyz--\r\n`,
  )

/**
 * Encodes text for a URL: usually correctly, sometimes only as far as is needed to keep the request
 * line intact.
 */
function escaped(text: string, random: Random): string {
  const raw = random.below(5) === 0
  const latin1 = Buffer.from(text).toString('latin1')
  if (raw)
    return latin1.replaceAll(
      /[\0- \u007f]/g,
      (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
  return latin1.replaceAll(
    /[^\w.~-]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
