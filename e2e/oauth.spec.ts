import { expect, test, type Page } from '@playwright/test'
import { platform } from '#db/tenancy'
import { identities } from '#db/schema/accounts'
import * as users from '#db/accounts/users'
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

test('a new person signs in with an OpenID Connect provider, and again into the same account when their address there has changed', async ({
  page,
}) => {
  provider.person = {
    sub: `new-${stamp}`,
    name: 'Olga Oidc',
    email: `olga-${stamp}@oidc.example`,
    email_verified: true,
  }
  await go(page)
  await expect(page.getByRole('heading', { name: 'Welcome, Olga Oidc' })).toBeVisible()
  await page.getByRole('link', { name: 'New organisation' }).click()
  await page.getByLabel('Name').fill('Olga & Co')
  await page.getByRole('button', { name: 'Create it' }).click()
  await page.waitForURL(/\/orders$/)
  provider.person = { ...provider.person, email: `moved-${stamp}@oidc.example` }
  await go(page)
  await page.waitForURL(/\/orders$/)
  expect(provider.errors).toEqual([])
})

test('an existing account is linked by its verified address', async ({ page }) => {
  provider.person = {
    sub: `grace-${stamp}`,
    name: 'Grace',
    email: 'grace@globex.example',
    email_verified: true,
  }
  await go(page)
  await page.waitForURL(/\/orders$/)
  await page.goto('/account')
  await expect(page.getByText('You sign in with grace@globex.example')).toBeVisible()
  expect(
    (await platform().select().from(identities)).filter(
      ({ subject }) => subject === `grace-${stamp}`,
    ),
  ).toHaveLength(1)
})

test('an address that the provider has not verified opens nobody’s account', async ({ page }) => {
  provider.person = {
    sub: `thief-${stamp}`,
    name: 'Thief',
    email: 'ada@acme.example',
    email_verified: false,
  }
  await go(page)
  await expect(page.getByText('has no verified e-mail address')).toBeVisible()
  await page.goto('/orders')
  await expect(page).toHaveURL(/sign-in/)
  expect(
    (await platform().select().from(identities)).filter(
      ({ subject }) => subject === `thief-${stamp}`,
    ),
  ).toEqual([])
})

test('an answer of the provider that this browser did not ask for is refused', async ({ page }) => {
  provider.person = {
    sub: `forged-${stamp}`,
    name: 'Forged',
    email: `forged-${stamp}@oidc.example`,
    email_verified: true,
  }
  await page.goto('/api/auth/callback/oidc?code=made-up&state=made-up')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  expect(await users.byEmail(platform(), `forged-${stamp}@oidc.example`)).toBeUndefined()
  expect(provider.errors, 'the provider was not even asked').toEqual([])
})

const authorize = {
  GitHub: {
    url: 'https://github.com/login/oauth/authorize',
    client: 'github-client',
    scope: 'read:user user:email',
    callback: '/api/auth/callback/github',
  },
  Google: {
    url: 'https://accounts.google.com/o/oauth2/v2/auth',
    client: 'google-client',
    scope: 'openid email profile',
    callback: '/api/auth/callback/google',
  },
}
for (const [name, { url, client, scope, callback }] of Object.entries(authorize)) {
  test(`${name} is asked at its own address, for our client, with a challenge that only this browser can answer`, async ({
    page,
    baseURL,
  }) => {
    await page.route(`${new URL(url).origin}/**`, (route) => route.fulfill({ body: 'elsewhere' }))
    await page.goto('/sign-in?callbackUrl=/members')
    await page.getByRole('button', { name: `Continue with ${name}` }).click()
    await page.waitForURL(`${new URL(url).origin}/**`)
    const asked = new URL(page.url())
    expect(asked.origin + asked.pathname).toBe(url)
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      client_id: client,
      scope,
      response_type: 'code',
      redirect_uri: `${baseURL}${callback}`,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      state: expect.stringMatching(/^.{20,}$/) as unknown,
    })
    const kept = await page.context().cookies(baseURL)
    for (const kind of ['pkce', 'state'])
      expect(kept.find((cookie) => cookie.name === `rowhouse.${kind}`)).toMatchObject({
        httpOnly: true,
        sameSite: 'Lax',
      })
  })
}
