import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@playwright/test'
import { run as sandboxLogin } from '#db/cli/sandbox-login'
import { closePools } from '@rowhouse/tenancy'
import { withAdminClient } from './database'
import { signIn } from './fixtures'
import { tenancy } from '#db/tenancy'

const port = Number(process.env.E2E_PORT ?? 3100)

test.afterAll(() => closePools(tenancy()))

test('a failing page shows an error number and no internals, and the log has the number', async ({
  page,
}) => {
  await signIn(page, 'ada@acme.example')
  await withAdminClient((client) =>
    client.query('alter table shared.customers rename column phone to secret_column_name'),
  )
  try {
    const body = (await (await page.goto('/customers'))?.text()) ?? ''
    await expect(page.getByRole('heading', { name: 'This page could not be shown' })).toBeVisible()
    const number = (await page.getByRole('alert').locator('p.font-mono').textContent()) ?? ''
    expect(number).toMatch(/^\d{6,}/)
    expect(`${body} ${await page.content()}`).not.toMatch(
      /column|select |phone"|42703|node_modules/,
    )
    const lines = readFileSync('test-results/server.log', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"digest":"${number}"`))
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      error: 'DatabaseError',
      code: '42703',
    })
    expect(lines.join()).not.toContain('secret_column_name')
  } finally {
    await withAdminClient((client) =>
      client.query('alter table shared.customers rename column secret_column_name to phone'),
    )
  }
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { name: 'Customers' })).toBeVisible()
})

type AppProcess = {
  child: ChildProcess
  get: (path: string, cookie?: string) => Promise<{ status: number; body: string }>
  log: () => string
}

/** Starts another process of the production build. */
function startApp(at: number, env: Record<string, string>): AppProcess {
  const url = `http://localhost:${at}`
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      HOSTNAME: '127.0.0.1',
      PORT: String(at),
      APP_URL: url,
      AUTH_URL: url,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => void (log += text))
  const get = async (path: string, cookie = '') => {
    const response = await fetch(`${url}${path}`, {
      headers: { cookie, accept: 'text/html' },
      redirect: 'manual',
    }).catch(() => undefined)
    return { status: response?.status ?? 0, body: (await response?.text()) ?? '' }
  }
  return { child, get, log: () => log }
}

const cookieForEmail = async (email: string) =>
  ((await sandboxLogin({ values: {}, positionals: [email] } as never)) as { text: string }).text

test('the app starts before its database, recovers when the database comes back, and traces name the tenant @long', async () => {
  test.setTimeout(120_000)
  const bodies: string[] = []
  const collector = createServer((request, response) => {
    request
      .setEncoding('utf8')
      .on('data', (part: string) => void bodies.push(part))
      .on('end', () => response.end('{}'))
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const databaseUrl = new URL(process.env.DATABASE_URL ?? '')
  const sockets = new Set<net.Socket>()
  const proxy = net.createServer((near) => {
    const far = net.connect(Number(databaseUrl.port), databaseUrl.hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    }
    near.pipe(far).on('close', () => near.destroy())
    far.pipe(near).on('close', () => far.destroy())
  })
  const at = port + 41
  const app = startApp(port + 40, {
    DATABASE_URL: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${at}` }).toString(),
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as net.AddressInfo).port}`,
  })
  try {
    await expect.poll(async () => (await app.get('/healthz')).status, { timeout: 20_000 }).toBe(200)
    expect((await app.get('/readyz')).status).toBe(503)
    proxy.listen(at, '127.0.0.1')
    await expect.poll(async () => (await app.get('/readyz')).status, { timeout: 10_000 }).toBe(200)
    const cookie = await cookieForEmail('ada@acme.example')
    expect((await app.get('/customers', cookie)).status).toBe(200)
    for (let i = 0; i < 3; i++) {
      for (const socket of sockets) socket.destroy()
      await expect
        .poll(async () => (await app.get('/customers', cookie)).status, { timeout: 10_000 })
        .toBe(200)
    }
    proxy.close()
    for (const socket of sockets) socket.destroy()
    const away = await app.get('/customers', cookie)
    expect(away.status).toBeGreaterThanOrEqual(500)
    expect(away.body).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|node_modules/)
    expect((await app.get('/healthz')).status).toBe(200)
    proxy.listen(at, '127.0.0.1')
    await expect
      .poll(async () => (await app.get('/customers', cookie)).status, { timeout: 10_000 })
      .toBe(200)

    const id = await withAdminClient(
      async (client) =>
        (await client.query<{ id: string }>(`select id from tenancy.tenants where slug = 'acme'`))
          .rows[0]?.id ?? '',
    )
    await expect
      .poll(
        () =>
          spansOf(bodies)
            .filter(({ tenant }) => tenant === id)
            .map(({ name }) => name),
        { timeout: 15_000 },
      )
      .toEqual(expect.arrayContaining(['tenant transaction', expect.stringMatching(/\/customers/)]))
    expect(bodies.join('')).not.toContain(cookie.split('=')[1] ?? '')
  } finally {
    app.child.kill('SIGKILL')
    proxy.close()
    collector.close()
  }
})

function spansOf(bodies: string[]): { name: string; tenant: string | undefined }[] {
  type OtlpSpan = { name: string; attributes: { key: string; value: { stringValue?: string } }[] }
  return bodies.flatMap((body) => {
    try {
      const { resourceSpans } = JSON.parse(body) as {
        resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[]
      }
      return resourceSpans
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        .map(({ name, attributes }) => ({
          name,
          tenant: attributes.find(({ key }) => key === 'rowhouse.tenant_id')?.value.stringValue,
        }))
    } catch {
      return [] // a request body in two chunks
    }
  })
}

test('on SIGTERM the app finishes open requests, accepts no new ones, and exits with 0', async () => {
  test.setTimeout(90_000)
  const app = startApp(port + 42, {})
  try {
    await expect.poll(async () => (await app.get('/readyz')).status, { timeout: 30_000 }).toBe(200)
    const cookie = await cookieForEmail('ada@acme.example')
    const result = await withAdminClient(async (client) => {
      await client.query('begin; lock table shared.customers in access exclusive mode')
      const waiting = app.get('/customers', cookie)
      await sleep(1500)
      const ended = once(app.child, 'exit')
      app.child.kill('SIGTERM')
      await sleep(1000)
      expect((await app.get('/healthz')).status).toBe(0)
      await client.query('commit')
      return { page: await waiting, ended: await ended }
    })
    expect(result.page.status).toBe(200)
    expect(result.page.body).toContain('Customers')
    expect(result.ended).toEqual([0, null])
    expect(app.log()).toMatch(/"left":0,"msg":"stopped"/)
  } finally {
    app.child.kill('SIGKILL')
  }
})

test('with a shutdown delay the app serves until the load balancer has seen that it is not ready', async () => {
  test.setTimeout(90_000)
  const app = startApp(port + 43, { SHUTDOWN_DELAY_SECONDS: '3' })
  try {
    await expect.poll(async () => (await app.get('/readyz')).status, { timeout: 30_000 }).toBe(200)
    const ended = once(app.child, 'exit')
    app.child.kill('SIGTERM')
    await expect.poll(async () => (await app.get('/readyz')).status, { timeout: 2_000 }).toBe(503)
    expect((await app.get('/sign-in')).status).toBe(200)
    expect(await ended).toEqual([0, null])
  } finally {
    app.child.kill('SIGKILL')
  }
})
