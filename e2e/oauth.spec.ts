import { expect, test, type Page } from '@playwright/test'
import { platform } from '#db/registry'
import { identities } from '#db/schema/accounts'
import * as users from '#db/users'
import { oidc } from './oidc-client'
import { OidcProvider } from './oidc-provider'

const provider = new OidcProvider(oidc.issuer, oidc)
const stamp = Date.now().toString(36)
test.beforeAll(() => provider.listen())
test.afterAll(() => provider.close())

const go = async (page: Page) => {
  await page.context().clearCookies()
  await page.goto('/sign-in')
  await page.getByRole('button', { name: `Continue with ${oidc.name}` }).click()
}

test('a new person signs in with an OpenID Connect provider, and again into the same account when their address there has changed', async ({ page }) => {
  provider.person = { sub: `new-${stamp}`, name: 'Olga Oidc', email: `olga-${stamp}@oidc.example`, email_verified: true }
  await go(page)
  await expect(page.getByRole('heading', { name: 'Welcome, Olga Oidc' })).toBeVisible()
  await page.getByRole('link', { name: 'New organisation' }).click()
  await page.getByLabel('Name').fill('Olga & Co')
  await page.getByRole('button', { name: 'Create it' }).click()
  await page.waitForURL(/orders|overview/)
  provider.person = { ...provider.person, email: `moved-${stamp}@oidc.example` }
  await go(page)
  await page.waitForURL(/orders|overview/)
  expect(provider.refused).toEqual([])
})

test('an existing account is linked by its verified address', async ({ page }) => {
  provider.person = { sub: `grace-${stamp}`, name: 'Grace', email: 'grace@globex.example', email_verified: true }
  await go(page)
  await page.waitForURL(/orders|overview/)
  await page.goto('/account')
  await expect(page.getByText('You sign in with grace@globex.example')).toBeVisible()
  expect((await platform().select().from(identities)).filter(({ subject }) => subject === `grace-${stamp}`)).toHaveLength(1)
})

test('an address that the provider has not verified opens nobody’s account', async ({ page }) => {
  provider.person = { sub: `thief-${stamp}`, name: 'Thief', email: 'ada@acme.example', email_verified: false }
  await go(page)
  await expect(page.getByText('has no verified e-mail address')).toBeVisible()
  await page.goto('/orders')
  await expect(page).toHaveURL(/sign-in/)
  expect((await platform().select().from(identities)).filter(({ subject }) => subject === `thief-${stamp}`)).toEqual([])
})

test('an answer of the provider that this browser did not ask for is refused', async ({ page }) => {
  provider.person = { sub: `forged-${stamp}`, name: 'Forged', email: `forged-${stamp}@oidc.example`, email_verified: true }
  await page.goto('/api/auth/callback/oidc?code=made-up&state=made-up')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  expect(await users.byEmail(platform(), `forged-${stamp}@oidc.example`)).toBeUndefined()
})
