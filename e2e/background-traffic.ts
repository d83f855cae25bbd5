import { setTimeout as sleep } from 'node:timers/promises'
import type { APIRequestContext, Browser, Page } from '@playwright/test'
import { signIn } from './fixtures'

type Order = {
  id: string
  customer: { id: string }
  lines: { productId: string; quantity: number; unitPriceMinor: number }[]
}

/**
 * A program that writes orders by an API key for as long as it is let, and keeps what was
 * acknowledged.
 */
export async function startWriter(browser: Browser, request: APIRequestContext, owner: string) {
  const page = await (await browser.newContext()).newPage()
  await signIn(page, owner)
  const headers = { authorization: `Bearer ${await newKey(page)}` }
  const list = (query: string) =>
    request
      .get(`/api/v1/orders?${query}`, { headers })
      .then(
        async (answer) =>
          (await answer.json()) as { orders: { id: string }[]; next: string | null },
      )
  const [some] = (await list('limit=1')).orders
  const model = (await (
    await request.get(`/api/v1/orders/${some?.id}`, { headers })
  ).json()) as Order
  const lines = model.lines.map(({ productId, quantity, unitPriceMinor }) => ({
    productId,
    quantity,
    unitPriceMinor,
  }))
  const acknowledged: string[] = []
  let writing = true
  const done = (async () => {
    while (writing) {
      const answer = await request.post('/api/v1/orders', {
        headers,
        data: { customerId: model.customer.id, note: 'while moving', lines },
      })
      if (answer.ok()) acknowledged.push(((await answer.json()) as { id: string }).id)
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

/** Somebody who looks at their orders all the while, and what they were shown. */
export async function startReader(browser: Browser, email: string) {
  const page = await (await browser.newContext()).newPage()
  await signIn(page, email)
  const refused: string[] = []
  let answers = 0
  let longestMs = 0
  let reading = true
  const done = (async () => {
    while (reading) {
      const began = performance.now()
      const answer = await page.request.get('/orders')
      longestMs = Math.max(longestMs, performance.now() - began)
      answers++
      if (!answer.ok()) refused.push(`${answer.status()} ${(await answer.text()).slice(0, 200)}`)
      await sleep(300)
    }
  })()
  return {
    stop: async () => {
      reading = false
      await done
      return { refused, answers, longestMs }
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
