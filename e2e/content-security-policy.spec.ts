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

/** Collects what the browser blocks under the policy, on every page that is opened from now on. */
async function collectViolations(page: Page): Promise<() => Promise<string[]>> {
  const messages: string[] = []
  page.on(
    'console',
    (message) =>
      void (/Content Security Policy/i.test(message.text()) && messages.push(message.text())),
  )
  await page.addInitScript(() => {
    const blocked: string[] = []
    Object.assign(window, { blocked })
    document.addEventListener(
      'securitypolicyviolation',
      ({ violatedDirective, blockedURI, sample }) =>
        blocked.push(`${violatedDirective} ${blockedURI} ${sample}`),
    )
  })
  return async () => [
    ...messages,
    ...(await page.evaluate(() => (window as unknown as { blocked: string[] }).blocked)),
  ]
}

test('the policy blocks an injected script and nothing of ours', async ({ page }) => {
  await signIn(page, 'ada@acme.example')
  const blocked = await collectViolations(page)
  for (const path of pages) {
    await page.goto(path, { waitUntil: 'networkidle' })
    expect(await blocked(), path).toEqual([])
  }
  await page.route('**/customers', async (route) => {
    const response = await route.fetch()
    const body = (await response.text()).replace(
      '</head>',
      '<script>window.injected = 1</script><img src="data:," onerror="window.injected = 2"><base href="https://evil.example/"></head>',
    )
    await route.fulfill({ response, body })
  })
  await page.goto('/customers', { waitUntil: 'networkidle' })
  expect(
    await page.evaluate(() => (window as unknown as { injected?: number }).injected),
  ).toBeUndefined()
  expect((await blocked()).join('\n')).toMatch(/script-src/)
})
