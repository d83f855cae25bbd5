import { expect, test } from '@playwright/test'
import { queryAsAdmin } from './database'
import { checkA11y, checkWidth, takeScreenshot, signIn } from './fixtures'

const pages = [
  '',
  '/tenants',
  '/tenants/acme',
  '/tenants/acme/tier',
  '/moves',
  '/fleet',
  '/usage',
  '/jobs',
  '/doctor',
  '/audit',
]

for (const colorScheme of ['light', 'dark'] as const) {
  test(
    `every page of the console is accessible and fits, ${colorScheme}`,
    { tag: '@phone' },
    async ({ page }, info) => {
      test.setTimeout(300_000) // axe is slow on a busy machine
      await page.emulateMedia({ colorScheme })
      await signIn(page, 'olivia@rowhouse.example')
      const [run, move] = await Promise.all(
        ['migration_runs', 'moves'].map(
          async (table) =>
            (
              await queryAsAdmin<{ id: string }>(
                `select id from tenancy.${table} order by requested_at limit 1`,
              )
            )[0]?.id,
        ),
      )
      for (const path of [
        ...pages,
        ...(run ? [`/fleet/runs/${run}`] : []),
        ...(move ? [`/moves/${move}`] : []),
      ]) {
        await page.goto(`/console${path}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await checkA11y(page)
        const name = `console${path.replace(/[0-9a-f-]{36}/, 'one').replaceAll('/', '-')}-${colorScheme}`
        await takeScreenshot(page, name, info)
        await checkWidth(page, name, info)
      }
    },
  )
}

test('the form that changes a tier can be used with the keyboard alone', async ({ page }) => {
  await signIn(page, 'olivia@rowhouse.example')
  await page.goto('/console/tenants')
  await page.getByRole('link', { name: /Acme/ }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'Change tier' }).focus()
  await page.keyboard.press('Enter')
  const radio = page.getByRole('radio').first()
  await radio.focus()
  await page.keyboard.press('Space')
  await expect(page.getByLabel('What it means')).toContainText('rows')
  await page.keyboard.press('Tab')
  const labels: string[] = []
  for (let i = 0; i < 8; i++) {
    labels.push(
      await page.evaluate(
        () =>
          document.activeElement?.textContent?.trim().slice(0, 40) ||
          document.activeElement?.getAttribute('name') ||
          '',
      ),
    )
    await page.keyboard.press('Tab')
  }
  expect(labels).toEqual(
    expect.arrayContaining(['Steps and tables', 'reason', expect.stringMatching(/^Move Acme to /)]),
  )
})
