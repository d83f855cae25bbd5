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

const signInWithProvider = async (page: Page) => {
  await page.context().clearCookies()
  await page.goto('/sign-in')
  await page.getByRole('button', { name: `Continue with ${oidc.name}` }).click()
}

test('a new user signs in with an OpenID Connect provider, and gets the same account after their address there has changed', async ({
  page,
}) => {
  provider.person = {
    sub: `new-${stamp}`,
    name: 'Olga Oidc',
    email: `olga-${stamp}@oidc.example`,
    email_verified: true,
  }
  await signInWithProvider(page)
  await expect(page.getByRole('heading', { name: 'Welcome, Olga Oidc' })).toBeVisible()
  await page.getByRole('link', { name: 'New organisation' }).click()
  await page.getByLabel('Name').fill('Olga & Co')
  await page.getByRole('button', { name: 'Create it' }).click()
  await page.waitForURL(/\/orders$/)
  provider.person = { ...provider.person, email: `moved-${stamp}@oidc.example` }
  await signInWithProvider(page)
  await page.waitForURL(/\/orders$/)
  expect(provider.errors).toEqual([])
})

test('a verified address links an existing account', async ({ page }) => {
  provider.person = {
    sub: `grace-${stamp}`,
    name: 'Grace',
    email: 'grace@globex.example',
    email_verified: true,
  }
  await signInWithProvider(page)
  await page.waitForURL(/\/orders$/)
  await page.goto('/account')
  await expect(page.getByText('You sign in with grace@globex.example')).toBeVisible()
  expect(
    (await platform().select().from(identities)).filter(
      ({ subject }) => subject === `grace-${stamp}`,
    ),
  ).toHaveLength(1)
})

test('an address that the provider has not verified gives access to no account', async ({
  page,
}) => {
  provider.person = {
    sub: `thief-${stamp}`,
    name: 'Thief',
    email: 'ada@acme.example',
    email_verified: false,
  }
  await signInWithProvider(page)
  await expect(page.getByText('has no verified e-mail address')).toBeVisible()
  await page.goto('/orders')
  await expect(page).toHaveURL(/sign-in/)
  expect(
    (await platform().select().from(identities)).filter(
      ({ subject }) => subject === `thief-${stamp}`,
    ),
  ).toEqual([])
})

test('a callback that this browser did not start is refused', async ({ page }) => {
  provider.person = {
    sub: `forged-${stamp}`,
    name: 'Forged',
    email: `forged-${stamp}@oidc.example`,
    email_verified: true,
  }
  await page.goto('/api/auth/callback/oidc?code=made-up&state=made-up')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  expect(await users.byEmail(platform(), `forged-${stamp}@oidc.example`)).toBeUndefined()
  expect(provider.errors, 'the provider was not called').toEqual([])
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
  test(`${name} gets an authorization request for our client, with a state and a PKCE challenge`, async ({
    page,
    baseURL,
  }) => {
    await page.route(`${new URL(url).origin}/**`, (route) => route.fulfill({ body: 'provider' }))
    await page.goto('/sign-in?callbackUrl=/members')
    await page.getByRole('button', { name: `Continue with ${name}` }).click()
    await page.waitForURL(`${new URL(url).origin}/**`)
    const request = new URL(page.url())
    expect(request.origin + request.pathname).toBe(url)
    expect(Object.fromEntries(request.searchParams)).toMatchObject({
      client_id: client,
      scope,
      response_type: 'code',
      redirect_uri: `${baseURL}${callback}`,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      state: expect.stringMatching(/^.{20,}$/) as unknown,
    })
    const cookies = await page.context().cookies(baseURL)
    for (const kind of ['pkce', 'state'])
      expect(cookies.find((cookie) => cookie.name.endsWith(`rowhouse.${kind}`))).toMatchObject({
        httpOnly: true,
        sameSite: 'Lax',
      })
  })
}
