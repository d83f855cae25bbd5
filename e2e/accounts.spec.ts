import { expect, test, type Browser, type Page } from '@playwright/test'
import { eq } from 'drizzle-orm'
import { Secret, TOTP } from 'otpauth'
import { platform } from '#db/tenancy'
import { attempts } from '#db/schema/accounts'
import { tenants } from '@rowhouse/tenancy/schema'
import * as secondFactor from '#db/accounts/second-factor'
import * as users from '#db/accounts/users'
import {
  checkA11y,
  createUser,
  expectRole,
  userPassword,
  sessionOf,
  takeScreenshot,
  signInAs,
  signInByForm,
} from './fixtures'
import { clickEmailLink } from './email'

const password = 'geranium-37-window'
const stamp = Date.now().toString(36)
const address = (name: string) => `${name}-${stamp}@people.example`

test.beforeEach(async () => void (await platform().delete(attempts)))

async function submitSignIn(page: Page, email: string, typed = password) {
  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(typed)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function signUp(page: Page, email: string, organisation: string) {
  await page.goto('/sign-up')
  await page.getByLabel('Your name').fill('Nora Quist')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Organisation').fill(organisation)
  await page.getByRole('button', { name: 'Send me the link' }).click()
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible()
  await clickEmailLink(page, email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create my account' }).click()
  await page.waitForURL(/\/orders$/)
}

const openBrowser = async (browser: Browser) => (await browser.newContext()).newPage()

test(
  'a visitor signs up, chooses a password behind the link in an email, and owns a new organisation',
  { tag: '@phone' },
  async ({ page }, info) => {
    const email = address(`nora-${info.project.name}`)
    await page.goto('/sign-up')
    await checkA11y(page)
    await takeScreenshot(page, 'sign-up', info)
    await signUp(page, email, 'Quist & Daughters')
    await page.goto('/members')
    await expectRole(page, /Nora Quist/, 'Owner')
    await checkA11y(page)
    await takeScreenshot(page, 'members', info)
  },
)

test('a password that is easy to guess is refused with a reason, and the same link works with a better one @long', async ({
  page,
}) => {
  const email = address('weak')
  await page.goto('/sign-up')
  await page.getByLabel('Your name').fill('Weak')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Organisation').fill('Weak')
  await page.getByRole('button', { name: 'Send me the link' }).click()
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible()
  await clickEmailLink(page, email)
  await page.getByLabel('Password', { exact: true }).fill('password123')
  await page.getByRole('button', { name: 'Create my account' }).click()
  await expect(page.getByText('is too easy to guess').first()).toBeVisible()
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create my account' }).click()
  await page.waitForURL(/\/orders$/)
})

test('a password reset link works once and signs out every other browser', async ({
  page,
  browser,
}) => {
  const email = address('reset')
  await signUp(page, email, 'Reset')
  const other = await openBrowser(browser)
  await other.goto('/reset')
  await other.getByLabel('E-mail address').fill(email)
  await other.getByRole('button', { name: 'Send me the link' }).click()
  await expect(other.getByRole('heading', { name: 'Look into your mail' })).toBeVisible()
  await clickEmailLink(other, email, 'reset')
  await other.getByLabel('Password', { exact: true }).fill('another-window-38')
  await other.getByRole('button', { name: 'Set the new password' }).click()
  await expect(other.getByText('Your new password is set')).toBeVisible()
  await page.goto('/orders')
  await expect(page).toHaveURL(/sign-in/)
  await submitSignIn(other, email)
  await expect(other.getByText('E-mail address or password is wrong').first()).toBeVisible()
  await submitSignIn(other, email, 'another-window-38')
  await other.waitForURL(/\/orders$/)
  await clickEmailLink(other, email, 'reset')
  await expect(other.getByRole('heading', { name: 'This link no longer works' })).toBeVisible()
})

test('unknown and known addresses get the same responses', async ({ page }) => {
  await page.goto('/reset')
  await page.getByLabel('E-mail address').fill(address('nobody'))
  await page.getByRole('button', { name: 'Send me the link' }).click()
  await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible()
  await submitSignIn(page, address('nobody'))
  await expect(page.getByText('E-mail address or password is wrong').first()).toBeVisible()
})

test('a new user accepts an invitation; another signed-in user cannot', async ({
  page,
  browser,
}) => {
  await signUp(page, address('host'), `Host ${stamp}`)
  await page.goto('/members')
  for (const [name, role] of [
    ['guest', 'viewer'],
    ['other', 'member'],
  ] as const) {
    await page.getByRole('button', { name: 'Invite' }).click()
    await page.getByLabel('E-mail address').fill(address(name))
    await page.getByRole('dialog').getByRole('combobox', { name: 'Role' }).selectOption(role)
    await page.getByRole('button', { name: 'Send the invitation' }).click()
    await expect(page.getByRole('listitem').filter({ hasText: address(name) })).toBeVisible()
  }
  await clickEmailLink(page, address('guest'))
  await expect(
    page.getByText(
      `This invitation is for ${address('guest')}, but you are signed in as ${address('host')}`,
    ),
  ).toBeVisible()
  const guest = await openBrowser(browser)
  await clickEmailLink(guest, address('guest'))
  await guest.getByLabel('Your name').fill('Gus Guest')
  await guest.getByLabel('Password', { exact: true }).fill(password)
  await guest.getByRole('button', { name: 'Create an account and join' }).click()
  await guest.waitForURL(/\/orders$/)
  await guest.goto('/orders/new')
  await expect(guest.getByRole('heading', { name: 'Nobody lives here' })).toBeVisible()

  await page.goto('/members')
  await page.getByRole('button', { name: 'Actions for Gus Guest' }).click()
  await page.getByRole('menuitem', { name: 'Change role…' }).click()
  await page.getByRole('dialog').getByRole('combobox', { name: 'Role' }).selectOption('member')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await expectRole(page, /Gus Guest/, 'Member')
  await guest.goto('/orders/new')
  await expect(guest.getByRole('heading', { name: 'New order' })).toBeVisible()
  await page.getByRole('button', { name: 'Actions for Gus Guest' }).click()
  await page.getByRole('menuitem', { name: 'Remove…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByRole('row', { name: /Gus Guest/ })).toBeHidden()
  await guest.goto('/orders')
  await expect(guest).toHaveURL(/welcome/)
})

test('an existing user joins a second organisation, and a form of the first is refused after the switch', async ({
  page,
  browser,
}) => {
  const email = address('two')
  await signUp(page, email, `First ${stamp}`)
  const host = await openBrowser(browser)
  await signUp(host, address('host2'), `Second ${stamp}`)
  await host.goto('/members')
  await host.getByRole('button', { name: 'Invite' }).click()
  await host.getByLabel('E-mail address').fill(email)
  await host.getByRole('dialog').getByRole('combobox', { name: 'Role' }).selectOption('admin')
  await host.getByRole('button', { name: 'Send the invitation' }).click()
  await expect(host.getByRole('listitem').filter({ hasText: email })).toBeVisible()
  const tab = await page.context().newPage()
  await tab.goto('/settings')
  await tab.getByLabel('Name', { exact: true }).fill('Renamed')
  await clickEmailLink(page, email, 'invitation')
  await page.getByRole('button', { name: 'Join' }).click()
  await page.waitForURL(/\/orders$/)
  await page.goto('/members')
  await expect(page.getByRole('row', { name: address('host2') })).toBeVisible()
  await tab.getByRole('button', { name: 'Save' }).click()
  await expect(
    tab.getByText(`This form belongs to First ${stamp}, but you have switched to Second ${stamp}`),
  ).toBeVisible()
})

test('the last owner cannot leave and is told what to do first', async ({ page }) => {
  await signUp(page, address('last'), `Last ${stamp}`)
  await page.goto('/members')
  await page.getByRole('button', { name: 'Actions for Nora Quist' }).click()
  await page.getByRole('menuitem', { name: /^Leave/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
  await expect(page.getByText('make another member an owner first')).toBeVisible()
})

test('two-factor sign-in is set up and required, and a recovery code replaces a code once', async ({
  page,
}, info) => {
  const email = address('codes')
  await signUp(page, email, 'Codes')
  await page.goto('/account/security')
  await page.getByRole('form', { name: 'Set up' }).getByLabel('Your password').fill(password)
  await page.getByRole('button', { name: 'Set it up' }).click()
  const secret = (await page.getByLabel('Secret').textContent())?.trim() ?? ''
  await takeScreenshot(page, 'two-factor', info)
  await checkA11y(page)
  await page.getByLabel('The code that the app shows').fill(codeInApp(secret, -1))
  await page.getByRole('button', { name: 'Turn it on' }).click()
  const recovery =
    (await page
      .getByRole('list', { name: 'Recovery codes' })
      .getByRole('listitem')
      .first()
      .textContent()) ?? ''
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.context().clearCookies()
  await submitSignIn(page, email)
  await expect(page.getByRole('heading', { name: 'One more step' })).toBeVisible()
  await page.goto('/orders')
  await expect(page).toHaveURL(/sign-in/)
  await page.goto('/sign-in/code')
  await page.getByRole('textbox', { name: 'Code' }).fill('000000')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('This code is not right').first()).toBeVisible()
  await page.getByRole('textbox', { name: 'Code' }).fill(codeInApp(secret))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(/\/orders$/)
  await page.context().clearCookies()
  await submitSignIn(page, email)
  await page.getByRole('textbox', { name: 'Code' }).fill(recovery)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(/\/orders$/)
})

test('replacing recovery codes and turning two-factor sign-in off need the password @long', async ({
  page,
}) => {
  const { id, email } = await createUser(page, 'Tess Two')
  await secondFactor.startSetup(id)
  const secret = (await secondFactor.pendingSetup({ id, email }))?.secret ?? ''
  const [old = ''] = await secondFactor.confirmSetup(platform(), id, codeInApp(secret))
  await page.goto('/account/security')
  await expect(page.getByText('10 of your recovery codes are left')).toBeVisible()
  const renewing = page.getByRole('form', { name: 'New recovery codes' })
  await renewing.getByLabel('Your password').fill('not my password')
  await renewing.getByRole('button').click()
  await expect(page.getByText('This is not your password.').first()).toBeVisible()
  await renewing.getByLabel('Your password').fill(userPassword)
  await renewing.getByRole('button').click()
  await expect(
    page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem'),
  ).toHaveCount(10)
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.context().clearCookies()
  await submitSignIn(page, email, userPassword)
  await page.getByRole('textbox', { name: 'Code' }).fill(old)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('This code is not right').first()).toBeVisible()
  await signInAs(page, id)
  await page.goto('/account/security')
  const turnOffForm = page.getByRole('form', { name: 'Turn off' })
  await turnOffForm.getByLabel('Your password').fill(userPassword)
  await turnOffForm.getByRole('button').click()
  await expect(page.getByText('Two-factor sign-in is off.').first()).toBeVisible()
  await page.context().clearCookies()
  await submitSignIn(page, email, userPassword)
  await page.waitForURL(/welcome/)
})

test('a user changes their name and signs out all other browsers at once @long', async ({
  page,
  browser,
}) => {
  const { id } = await createUser(page, 'Nina Many')
  const others = [await openBrowser(browser), await openBrowser(browser)]
  for (const other of others) await signInAs(other, id)
  await page.goto('/account')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Nina Few')
  await page.getByRole('button', { name: 'Save' }).first().click()
  await expect(page.getByRole('button', { name: 'Account: Nina Few' })).toBeVisible()
  await page.goto('/account/sessions')
  await expect(page.getByRole('button', { name: 'Sign out', exact: true })).toHaveCount(2)
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await expect(page.getByText('Every other browser is signed out.').first()).toBeVisible()
  for (const other of others) {
    await other.goto('/account')
    await expect(other).toHaveURL(/sign-in/)
  }
  await page.goto('/account')
  await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible()
})

test('an email address changes once both addresses have confirmed it @long', async ({ page }) => {
  const [old, next] = [address('old'), address('new')]
  await signUp(page, old, 'Moving')
  await page.goto('/account')
  await page.getByLabel('New address').fill(next)
  await page.getByLabel('Your password').fill(password)
  await page.getByRole('button', { name: 'Change the address' }).click()
  await expect(page.getByText('when both addresses have said yes')).toBeVisible()
  await clickEmailLink(page, next, 'new address')
  await page.getByRole('button', { name: /^Yes/ }).click()
  await expect(page.getByRole('heading', { name: /one yes is missing/ })).toBeVisible()
  await clickEmailLink(page, old, 'old address')
  await page.getByRole('button', { name: /^Yes/ }).click()
  await expect(page.getByRole('heading', { name: 'Your address is changed' })).toBeVisible()
  await page.goto('/account')
  await expect(page.getByText(`You sign in with ${next}`)).toBeVisible()
})

test('a session can end another one, and a changed password ends all others @long', async ({
  page,
  browser,
}, info) => {
  const email = address('sessions')
  await signUp(page, email, 'Sessions')
  const other = await openBrowser(browser)
  await submitSignIn(other, email)
  await other.waitForURL(/\/orders$/)
  await page.goto('/account/sessions')
  await takeScreenshot(page, 'sessions', info)
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Sign out', exact: true })).toBeHidden()
  await other.goto('/orders')
  await expect(other).toHaveURL(/sign-in/)
  await submitSignIn(other, email)
  await other.waitForURL(/\/orders$/)
  await page.goto('/account/security')
  await page.getByLabel('Your password until now').fill(password)
  await page.getByLabel('New password').fill('another-window-38')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await expect(page.getByText('Your password is changed')).toBeVisible()
  await other.goto('/orders')
  await expect(other).toHaveURL(/sign-in/)
})

test('password guesses are delayed, but not in a browser that the user has signed in with', async ({
  page,
  browser,
}) => {
  const email = address('guess')
  await signUp(page, email, 'Guess')
  const stranger = await openBrowser(browser)
  for (let i = 0; i < 6; i++) {
    await submitSignIn(stranger, email, `wrong guess ${i}`)
    await expect(stranger.getByText('E-mail address or password is wrong').first()).toBeVisible()
  }
  await submitSignIn(stranger, email)
  await expect(stranger.getByText(/Too many attempts; try again in \d+ s/)).toBeVisible()
  await page.context().clearCookies({ name: /rowhouse\.session$/ })
  await submitSignIn(page, email)
  await page.waitForURL(/\/orders$/)
})

test('scripts and other sites cannot read session cookies, and a forged session update changes nothing', async ({
  page,
  baseURL,
}) => {
  await signInByForm(page, 'ada@acme.example')
  const cookie = (await page.context().cookies()).find(({ name }) =>
    name.endsWith('rowhouse.session'),
  )
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
  const before = (await page.request
    .get('/api/auth/session')
    .then((response) => response.json())) as object
  expect(Object.keys(before)).toEqual(['expires'])
  const foreign = await page.request.post('/api/auth/signout', {
    headers: { origin: 'https://evil.example' },
    form: {},
  })
  expect(foreign.status()).toBe(403)

  const [globex] = await platform().select().from(tenants).where(eq(tenants.slug, 'globex'))
  const grace = await users.byEmail(platform(), 'grace@globex.example')
  const secret = await sessionOf(grace?.id ?? '')
  const { csrfToken } = (await (await page.request.get('/api/auth/csrf')).json()) as {
    csrfToken: string
  }
  const update = await page.request.post('/api/auth/session', {
    headers: { origin: baseURL ?? '' },
    data: { csrfToken, data: { secret, tenantId: globex?.id } },
  })
  expect(update.status()).toBe(200)
  expect(Object.keys((await update.json()) as object)).toEqual(['expires'])
  await page.goto('/account')
  await expect(page.getByText('You sign in with ada@acme.example')).toBeVisible()
  await expect(page.getByRole('button', { name: /^Organisation:/ }).first()).toContainText('Acme')
})

/** The code that an authenticator app shows, `offset` time steps from now. */
const codeInApp = (secret: string, offset = 0) =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: Date.now() + offset * 30_000 })
