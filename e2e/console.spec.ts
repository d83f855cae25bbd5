import { expect, test, type APIRequestContext, type Browser, type Page } from '@playwright/test'
import { checkA11y, shot, signIn } from './fixtures'

const operator = 'olivia@rowhouse.example'
const owner = 'ada@acme.example'
const pages = ['', '/tenants', '/tenants/acme', '/tenants/acme/tier', '/moves', '/fleet', '/usage', '/jobs', '/doctor', '/audit']
const nowhere = '00000000-0000-7000-8000-000000000000'
const streams = [`/moves/${nowhere}/stream`, `/moves/${nowhere}/state`, `/fleet/runs/${nowhere}/stream`, `/fleet/runs/${nowhere}/state`]

test('the console is not there for a visitor or an owner', async ({ page }) => {
  const answers = async () => Promise.all([...pages, ...streams].map(async (path) => `${path} ${(await page.request.get(`/console${path}`)).status()}`))
  const missing = [...pages, ...streams].map((path) => `${path} 404`)
  expect(await answers()).toEqual(missing)
  await signIn(page, owner)
  expect(await answers()).toEqual(missing)
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page is accessible, ${colorScheme}`, { tag: '@phone' }, async ({ page }, info) => {
    test.setTimeout(120_000)
    await page.emulateMedia({ colorScheme })
    await signIn(page, operator)
    for (const path of pages) {
      await page.goto(`/console${path}`)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await checkA11y(page)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(overflow, `${path} scrolls sideways`).toBeLessThanOrEqual(0)
      await shot(page, `console${path.replaceAll('/', '-')}-${colorScheme}`, info)
    }
  })
}

test('Acme goes from starter to business to enterprise and back while it writes, and loses nothing', async ({ page, browser, request }, info) => {
  test.setTimeout(240_000)
  const writer = await startWriter(browser, request)
  await signIn(page, operator)
  for (const tier of ['Business', 'Enterprise', 'Starter']) {
    await page.goto('/console/tenants/acme/tier')
    await page.getByRole('radio', { name: tier }).check()
    await expect(page.getByLabel('What it means')).toContainText('rows')
    await page.getByLabel('Reason').fill(`to ${tier} and on`)
    await page.getByRole('button', { name: `Move Acme to ${tier}` }).click()
    await page.waitForURL(/moves\//)
    await page.reload() // what is shown comes from rows, not from this page's memory
    await expect(page.getByRole('button', { name: 'Confirm…' })).toBeVisible({ timeout: 60_000 })
    await expect(page.getByText('rows the same on both sides')).toBeVisible()
    await shot(page, `console-move-to-${tier.toLowerCase()}`, info)
    await page.getByRole('button', { name: 'Confirm…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click()
    await expect(page.getByText(`Done. Acme is ${tier}`)).toBeVisible({ timeout: 60_000 })
  }
  const { acknowledged, found } = await writer.stop()
  expect(acknowledged.length).toBeGreaterThan(10)
  expect(acknowledged.filter((id) => !found.has(id)), 'acknowledged orders that are gone').toEqual([])
})

test('support looks and does not touch, and the trail holds', async ({ page }, info) => {
  await signIn(page, operator)
  await page.goto('/console/tenants/globex')
  await page.getByRole('button', { name: 'Enter as support…' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('They cannot find an order')
  await page.getByRole('dialog').getByRole('button', { name: 'Enter' }).click()
  await expect(page.getByLabel('Support access')).toContainText('You are in Globex as support')
  await expect(page.getByRole('link', { name: 'New order' })).toHaveCount(0)
  await shot(page, 'console-support', info)
  await page.getByLabel('Support access').getByRole('button', { name: 'Leave' }).click()
  await page.waitForURL(/console/)
  await page.goto('/console/audit')
  await expect(page.getByText('support access begun').first()).toBeVisible()
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await expect(page.getByText('are what was written')).toBeVisible()
})

/** A program of Acme's that writes orders by its API key for as long as it is let. */
async function startWriter(browser: Browser, request: APIRequestContext) {
  const page = await (await browser.newContext()).newPage()
  await signIn(page, owner)
  const headers = { authorization: `Bearer ${await newKey(page)}` }
  const { orders } = (await (await request.get('/api/v1/orders?limit=1', { headers })).json()) as { orders: { id: string }[] }
  const model = (await (await request.get(`/api/v1/orders/${orders[0]?.id}`, { headers })).json()) as { customer: { id: string }; lines: { productId: string; quantity: number; unitPriceMinor: number }[] }
  const lines = model.lines.map(({ productId, quantity, unitPriceMinor }) => ({ productId, quantity, unitPriceMinor }))
  const acknowledged: string[] = []
  let writing = true
  const done = (async () => {
    while (writing) {
      const answer = await request.post('/api/v1/orders', { headers, data: { customerId: model.customer.id, note: 'while moving', lines } })
      if (answer.ok()) acknowledged.push(((await answer.json()) as { id: string }).id)
      await new Promise((resolve) => setTimeout(resolve, 900))
    }
  })()
  return {
    stop: async () => {
      writing = false
      await done
      const found = new Set<string>()
      for (let cursor: string | null = ''; cursor !== null && found.size < acknowledged.length + 100; ) {
        const answer = await request.get(`/api/v1/orders?limit=100${cursor && `&cursor=${cursor}`}`, { headers })
        const page = (await answer.json()) as { orders: { id: string }[]; next: string | null }
        for (const { id } of page.orders) found.add(id)
        cursor = page.next
      }
      return { acknowledged, found }
    },
  }
}

async function newKey(page: Page): Promise<string> {
  await page.goto('/settings/keys')
  await page.getByRole('button', { name: 'New key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('What is it for?').fill('Writer')
  await dialog.getByLabel('It may').selectOption('write')
  await dialog.getByRole('button', { name: 'Create the key' }).click()
  return dialog.getByLabel('API key', { exact: true }).innerText()
}
