import { expect, test, type Page } from '@playwright/test'
import { checkA11y, checkWidth, takeScreenshot, signIn } from './fixtures'

const pages = [
  '/overview',
  '/orders',
  '/orders/new',
  '/customers',
  '/products',
  '/activity',
  '/isolation',
  '/members',
  '/settings',
  '/settings/data',
  '/settings/keys',
  '/account',
  '/account/security',
  '/account/sessions',
  '/orders/first',
  '/customers/first',
  '/products/first',
]

const themes = ['light', 'dark'] as const

/** Opens a page. `/orders/first` opens the first order in the list. */
async function open(page: Page, path: string) {
  const list = path.replace('/first', '')
  await page.goto(list)
  if (list !== path)
    await page.goto((await page.locator('tbody a[href]').first().getAttribute('href')) ?? '')
  await page.getByRole('heading', { level: 1 }).waitFor()
}

for (const path of ['/sign-in', ...pages]) {
  test(`${path} fits the screen and has no serious axe violation in both themes @phone`, async ({
    page,
  }, info) => {
    const consoleErrors: string[] = []
    page.on(
      'console',
      (message) => message.type() === 'error' && consoleErrors.push(message.text()),
    )
    await page.emulateMedia({ reducedMotion: 'reduce' })
    if (path !== '/sign-in') await signIn(page, 'ada@acme.example')
    await open(page, path)
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme })
      await checkA11y(page)
      await takeScreenshot(page, `${path.slice(1).replaceAll('/', '-')}-${colorScheme}`, info)
    }
    await checkWidth(page, path.slice(1).replaceAll('/', '-'), info)
    expect(consoleErrors).toEqual([])
  })
}

test('the theme is remembered and is in the HTML before any script runs', async ({ page }) => {
  await signIn(page, 'ada@acme.example')
  await page
    .getByRole('button', { name: /^Account:/ })
    .first()
    .click()
  await page.getByRole('menuitemradio', { name: 'Dark' }).first().click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  expect(await (await page.request.get('/orders')).text()).toContain('data-theme="dark"')
  await page.reload()
  await page
    .getByRole('button', { name: /^Account:/ })
    .first()
    .click()
  await expect(page.getByRole('menuitemradio', { name: 'Dark' })).toHaveAttribute(
    'aria-checked',
    'true',
  )
  await expect(page.getByRole('menuitemradio', { name: 'As the system' })).toHaveAttribute(
    'aria-checked',
    'false',
  )
})

test('text at 200% does not make pages scroll sideways', async ({ page }) => {
  test.setTimeout(120_000)
  await signIn(page, 'ada@acme.example')
  for (const path of pages) {
    await open(page, path)
    await page.evaluate(() => void (document.documentElement.style.fontSize = '200%'))
    expect(
      await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      ),
      path,
    ).toBeLessThanOrEqual(0)
  }
})

test('the command palette finds products, and keyboard shortcuts navigate', async ({ page }) => {
  await signIn(page, 'ada@acme.example')
  await page.goto('/overview')
  await page.getByRole('heading', { level: 1 }).click()
  await expect(async () => {
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('dialog')).toBeVisible({ timeout: 1000 })
  }).toPass()
  await page.getByRole('combobox').fill('anvil')
  await expect(page.getByRole('option', { name: /Forged anvil/ }).first()).toBeVisible()
  await checkA11y(page)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/products\//)
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await page.waitForURL(/\/orders$/)
})
