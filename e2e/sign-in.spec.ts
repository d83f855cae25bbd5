import { expect, test } from '@playwright/test'
import { checkA11y, logins, shot, signIn } from './fixtures'

test('the sign-in page is accessible', { tag: '@phone' }, async ({ page }, info) => {
  await page.goto('/sign-in')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await checkA11y(page)
  await shot(page, 'sign-in', info)
})

test('a member signs in and gets past the sign-in page', async ({ page }) => {
  await signIn(page, logins()[0]?.email ?? '')
  await expect(page).not.toHaveURL(/sign-in/)
})
