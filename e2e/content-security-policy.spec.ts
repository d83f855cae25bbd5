import { expect, test, type Page } from '@playwright/test'
import { signIn } from './fixtures'

const pages = [
  '/overview',
  '/orders',
  '/customers',
  '/products',
  '/members',
  '/activity',
  '/isolation',
  '/settings',
  '/account',
]

/** What the browser refused under the policy, on every page that is opened from here on. */
async function violations(page: Page): Promise<() => Promise<string[]>> {
  const said: string[] = []
  page.on(
    'console',
    (message) =>
      void (/Content Security Policy/i.test(message.text()) && said.push(message.text())),
  )
  await page.addInitScript(() => {
    const refused: string[] = []
    Object.assign(window, { refused })
    document.addEventListener(
      'securitypolicyviolation',
      ({ violatedDirective, blockedURI, sample }) =>
        refused.push(`${violatedDirective} ${blockedURI} ${sample}`),
    )
  })
  return async () => [
    ...said,
    ...(await page.evaluate(() => (window as unknown as { refused: string[] }).refused)),
  ]
}

test('the browser refuses nothing of ours, and an injected script', async ({ page }) => {
  await signIn(page, 'ada@acme.example')
  const refused = await violations(page)
  for (const path of pages) {
    await page.goto(path, { waitUntil: 'networkidle' })
    expect(await refused(), path).toEqual([])
  }
  await page.route('**/customers', async (route) => {
    const answer = await route.fetch()
    const body = (await answer.text()).replace(
      '</head>',
      '<script>window.taken = 1</script><img src="data:," onerror="window.taken = 2"><base href="https://evil.example/"></head>',
    )
    await route.fulfill({ response: answer, body })
  })
  await page.goto('/customers', { waitUntil: 'networkidle' })
  expect(await page.evaluate(() => (window as unknown as { taken?: number }).taken)).toBeUndefined()
  expect((await refused()).join('\n')).toMatch(/script-src/)
})
