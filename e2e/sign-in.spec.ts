import { expect, test } from '@playwright/test'
import { checkA11y, seededLogins, takeScreenshot, signInByForm } from './fixtures'

test('the sign-in page is accessible', { tag: '@phone' }, async ({ page }, info) => {
  await page.goto('/sign-in')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await checkA11y(page)
  await takeScreenshot(page, 'sign-in', info)
})

test('a member signs in and sees the orders page', async ({ page }) => {
  await signInByForm(page, seededLogins()[0]?.email ?? '')
  await expect(page).toHaveURL(/\/orders$/)
  await expect(page.getByRole('heading', { level: 1, name: 'Orders' })).toBeVisible()
})
