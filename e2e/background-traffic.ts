import { setTimeout as sleep } from 'node:timers/promises'
import type { APIRequestContext, Browser, Page } from '@playwright/test'
import { signIn } from './fixtures'

type ApiOrder = {
  id: string
  customer: { id: string }
  lines: { productId: string; quantity: number; unitPriceMinor: number }[]
}

/** Writes orders with an API key until it is stopped, and remembers the acknowledged ones. */
export async function startWriter(browser: Browser, request: APIRequestContext, owner: string) {
  const page = await (await browser.newContext()).newPage()
  await signIn(page, owner)
  const headers = { authorization: `Bearer ${await createApiKey(page)}` }
  const list = (query: string) =>
    request
      .get(`/api/v1/orders?${query}`, { headers })
      .then(
        async (response) =>
          (await response.json()) as { orders: { id: string }[]; next: string | null },
      )
  const [first] = (await list('limit=1')).orders
  const sample = (await (
    await request.get(`/api/v1/orders/${first?.id}`, { headers })
  ).json()) as ApiOrder
  const lines = sample.lines.map(({ productId, quantity, unitPriceMinor }) => ({
    productId,
    quantity,
    unitPriceMinor,
  }))
  const acknowledged: string[] = []
  let writing = true
  const done = (async () => {
    while (writing) {
      const response = await request.post('/api/v1/orders', {
        headers,
        data: { customerId: sample.customer.id, note: 'while moving', lines },
      })
      if (response.ok()) acknowledged.push(((await response.json()) as { id: string }).id)
      await sleep(700)
    }
  })()
  return {
    stop: async () => {
      writing = false
      await done
      const found = new Set<string>()
      for (
        let cursor: string | null = '';
        cursor !== null && found.size < acknowledged.length + 100;
      ) {
        const page = await list(`limit=100${cursor && `&cursor=${cursor}`}`)
        for (const { id } of page.orders) found.add(id)
        cursor = page.next
      }
      return { acknowledged, found }
    },
  }
}

/**
 * Reads a user's orders page until it is stopped, and records failures and the slowest response.
 */
export async function startReader(browser: Browser, email: string) {
  const page = await (await browser.newContext()).newPage()
  await signIn(page, email)
  const failures: string[] = []
  let responses = 0
  let longestMs = 0
  let reading = true
  const done = (async () => {
    while (reading) {
      const startedAt = performance.now()
      const response = await page.request.get('/orders')
      longestMs = Math.max(longestMs, performance.now() - startedAt)
      responses++
      if (!response.ok())
        failures.push(`${response.status()} ${(await response.text()).slice(0, 200)}`)
      await sleep(300)
    }
  })()
  return {
    stop: async () => {
      reading = false
      await done
      return { failures, responses, longestMs }
    },
  }
}

async function createApiKey(page: Page): Promise<string> {
  await page.goto('/settings/keys')
  await page.getByRole('button', { name: 'New key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('What is it for?').fill('Writer')
  await dialog.getByLabel('It may').selectOption('write')
  await dialog.getByRole('button', { name: 'Create the key' }).click()
  return dialog.getByLabel('API key', { exact: true }).innerText()
}
