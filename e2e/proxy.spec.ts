import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { expect, test } from '@playwright/test'
import { queryAsAdmin } from './database'
import { seededLogins, signIn, signInByForm } from './fixtures'

// What only a proxy with TLS in front of the app can show. Runs with `npm run test:proxy`.

const grace = 'grace@globex.example'

test('pages arrive over HTTP/2, and plain HTTP leads to them', async ({ page, baseURL }) => {
  await page.goto('/sign-in')
  const protocol = await page.evaluate(
    () => performance.getEntriesByType('navigation')[0]?.toJSON().nextHopProtocol as string,
  )
  expect(protocol).toBe('h2')

  const plain = await new Promise<{ status?: number | undefined; location?: string | undefined }>(
    (resolve, reject) => {
      httpRequest(
        { port: process.env.E2E_HTTP_PORT, host: '127.0.0.1', path: '/orders?q=1' },
        (response) => {
          resolve({ status: response.statusCode, location: response.headers.location })
          response.resume()
        },
      )
        .on('error', reject)
        .setHeader('host', 'localhost')
        .end()
    },
  )
  expect(plain).toEqual({ status: 308, location: `${baseURL}/orders?q=1` })
})

test('the session records the address that the proxy saw, not one that the client claims', async ({
  page,
}) => {
  await page.setExtraHTTPHeaders({ 'x-forwarded-for': '203.0.113.7' })
  await signInByForm(page, grace)
  const [session] = await queryAsAdmin<{ address: string }>(
    `select s.address from platform.sessions s join platform.users u on u.id = s.user_id
     where u.email = $1 order by s.created_at desc limit 1`,
    [grace],
  )
  expect(session?.address).toBe('127.0.0.1')
})

test('the cookies of a session are Secure and bound to the host', async ({ page }) => {
  await signInByForm(page, seededLogins()[0]?.email ?? '')
  const session = (await page.context().cookies()).find(({ name }) => name.includes('session'))
  expect(session).toMatchObject({ name: '__Host-rowhouse.session', secure: true, httpOnly: true })
})

test('the events of a move arrive one by one, while it runs', async ({ page }) => {
  await signIn(page, 'olivia@rowhouse.example')
  await page.goto('/console/tenants/globex/tier')
  await page.getByRole('radio', { name: 'Business' }).check()
  await page.getByLabel('Reason').fill('Events through a proxy')
  await page.getByRole('button', { name: 'Move Globex to Business' }).click()
  await page.waitForURL(/moves\//)
  const arrivals = await page.evaluate(async () => {
    const response = await fetch(`${location.pathname}/stream`, {
      headers: { accept: 'text/event-stream' },
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const startedAt = performance.now()
    const times: number[] = []
    for (let text = ''; ;) {
      const part = await reader?.read()
      if (part === undefined || part.done) break
      times.push(performance.now() - startedAt)
      text += part.value
      // nothing more happens until an operator confirms the move
      if (text.includes('"switched"') || performance.now() - startedAt > 20_000) break
    }
    await reader?.cancel()
    return times
  })
  expect(arrivals.length).toBeGreaterThan(2)
  expect(arrivals[0]).toBeLessThan(1_000)
  expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(300)
  await page.getByRole('button', { name: 'Confirm…' }).click({ timeout: 60_000 })
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click()
  await expect(page.getByText('Done. Globex is Business')).toBeVisible({ timeout: 60_000 })
})

test('a body above the limit of nginx.conf is refused by the proxy, and one below reaches the app', async ({
  page,
}) => {
  await signIn(page, grace)
  const post = (bytes: number) =>
    page.request.post('/api/v1/orders', { data: 'x'.repeat(bytes), failOnStatusCode: false })
  expect(readFileSync('deploy/nginx.conf', 'utf8')).toContain('client_max_body_size 1m;')
  expect((await post(1_100_000)).status()).toBe(413)
  expect((await post(10_000)).status()).not.toBe(413)
})
