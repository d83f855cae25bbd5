import { expect, test, type APIResponse, type Page } from '@playwright/test'
import { checkA11y, createOrganisationWithOwner, takeScreenshot, signIn } from './fixtures'
import { withAdminClient } from './database'
import { closePools, setLimits } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

test.afterAll(() => closePools(tenancy()))

test(
  'an API key is shown once, works, and is refused after it is revoked',
  { tag: '@phone' },
  async ({ page, request }, info) => {
    await signIn(page, 'grace@globex.example')
    await page.goto('/settings/keys')
    await checkA11y(page)
    await page.getByRole('button', { name: 'New key' }).click()
    const name = `Warehouse ${info.project.name}`
    await page.getByLabel('What is it for?').fill(name)
    await page.getByLabel('It may').selectOption('write')
    await page.getByRole('button', { name: 'Create the key' }).click()
    const key = (await page.getByLabel('API key', { exact: true }).textContent())?.trim() ?? ''
    await takeScreenshot(page, 'new-key', info)
    await page.getByRole('button', { name: 'Done' }).click()
    await expect(page.getByText(key)).toBeHidden()
    await takeScreenshot(page, 'keys', info)
    const headers = { authorization: `Bearer ${key}` }

    const list = await request.get('/api/v1/orders?limit=3', { headers })
    expect(list.status()).toBe(200)
    expect(list.headers()['cache-control']).toContain('no-store')
    const { orders, next } = (await list.json()) as {
      orders: { id: string; customer: { id: string }; currency: string }[]
      next: string
    }
    expect(orders).toHaveLength(3)
    const more = (await (
      await request.get(`/api/v1/orders?limit=3&cursor=${next}`, { headers })
    ).json()) as { orders: { id: string }[] }
    expect(more.orders.map(({ id }) => id)).not.toContain(orders[0]?.id)
    const one = (await (
      await request.get(`/api/v1/orders/${orders[0]?.id}`, { headers })
    ).json()) as { lines: { productId: string }[]; customer: { id: string } }
    const body = {
      customerId: one.customer.id,
      note: 'by a program',
      lines: [{ productId: one.lines[0]?.productId, quantity: 2, unitPriceMinor: 150 }],
    }
    const made = await request.post('/api/v1/orders', { headers, data: body })
    expect(made.status()).toBe(201)
    const { id } = (await made.json()) as { id: string }
    expect(await (await request.get(`/api/v1/orders/${id}`, { headers })).json()).toMatchObject({
      totalMinor: 300,
      note: 'by a program',
      currency: 'USD',
      history: [{ by: `Grace Okafor (key ${name})` }],
    })

    const wrong = await request.post('/api/v1/orders', { headers, data: { ...body, tenantId: id } })
    expect(wrong.status()).toBe(400)
    expect(
      (
        await request.get('/api/v1/orders', {
          headers: { ...headers, origin: 'https://evil.example' },
        })
      ).status(),
    ).toBe(403)
    expect((await request.get('/api/v1/orders')).status()).toBe(401)

    await page.getByRole('button', { name: `Revoke ${name}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await expect(page.getByText(`${name} is revoked.`)).toBeVisible()
    expect((await request.get('/api/v1/orders', { headers })).status()).toBe(401)
  },
)

/** Creates a key that may read, and returns the header of its requests. */
async function newKey(page: Page): Promise<{ authorization: string }> {
  await page.goto('/settings/keys')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('What is it for?').fill('Probe')
  await page.getByRole('button', { name: 'Create the key' }).click()
  const key = await page.getByLabel('API key', { exact: true }).textContent()
  return { authorization: `Bearer ${key?.trim()}` }
}

test('a call that gets no slot is a 429, also when a page has created the queue', async ({
  page,
  request,
}) => {
  const { id } = await createOrganisationWithOwner(page, 'Queue')
  // the waiting calls give up before the running ones time out
  const by = { tenantId: id, actor: 'test', reason: 'test' }
  await setLimits(tenancy(), by, { statementMs: 15_000 })
  await page.goto('/orders') // the bundle of pages creates the pools and queues of the process
  const headers = await newKey(page)
  const read = () => request.get('/api/v1/orders', { headers })
  await withAdminClient(async (client) => {
    await client.query('begin; lock table shared.orders in access exclusive mode')
    const answered: APIResponse[] = []
    const calls = [read(), read(), read(), read()].map(async (call) => answered.push(await call))
    await expect.poll(() => answered.length, { timeout: 14_000 }).toBe(2)
    expect(answered.map((response) => response.status())).toEqual([429, 429])
    expect(answered[0]?.headers()['retry-after']).toBe('1')
    await client.query('rollback')
    await Promise.all(calls)
    expect(answered.map((response) => response.status())).toEqual([429, 429, 200, 200])
  })
})

test("another organisation's order and a missing one get the same response", async ({
  page,
  request,
}) => {
  const keyOf = async (email: string) => {
    await page.context().clearCookies()
    await signIn(page, email)
    return newKey(page)
  }
  const [ada, ines] = [await keyOf('ada@acme.example'), await keyOf('ines@initech.example')]
  const { orders } = (await (
    await request.get('/api/v1/orders?limit=1', { headers: ines })
  ).json()) as { orders: { id: string }[] }
  const [theirs, missing] = [
    await request.get(`/api/v1/orders/${orders[0]?.id}`, { headers: ada }),
    await request.get('/api/v1/orders/01a2060b-1936-7b76-be35-4d04e7a7fc17', { headers: ada }),
  ]
  expect([theirs.status(), await theirs.text()]).toEqual([missing.status(), await missing.text()])
  expect(theirs.status()).toBe(404)
  expect((await request.post('/api/v1/orders', { headers: ada, data: {} })).status()).toBe(403)
})

test('the OpenAPI document describes every call and refers only to schemas that it defines', async ({
  request,
}) => {
  const text = await (await request.get('/api/v1/openapi.json')).text()
  const { openapi, paths, components } = JSON.parse(text) as {
    openapi: string
    paths: object
    components: { schemas: object }
  }
  expect(openapi).toBe('3.1.0')
  expect(Object.keys(paths)).toEqual(['/api/v1/orders', '/api/v1/orders/{id}'])
  for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
    expect(Object.keys(components.schemas)).toContain(name)
})
