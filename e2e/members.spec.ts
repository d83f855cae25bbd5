import { expect, test, type Browser, type Page } from '@playwright/test'
import { newId } from '@rowhouse/tenancy'
import {
  createOrganisationWithOwner,
  createUser,
  expectRole,
  userPassword,
  takeScreenshot,
} from './fixtures'
import { clickEmailLink } from './email'

async function openMembersPage(page: Page, name: string) {
  const organisation = await createOrganisationWithOwner(page, name)
  await page.goto('/members')
  return organisation
}
const openBrowser = async (browser: Browser) => (await browser.newContext()).newPage()

async function chooseAction(page: Page, who: string, item: RegExp, button: string) {
  await page.getByRole('button', { name: `Actions for ${who}` }).click()
  await page.getByRole('menuitem', { name: item }).click()
  await page.getByRole('dialog').getByRole('button', { name: button }).click()
}

async function invite(page: Page, email: string) {
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByLabel('E-mail address').fill(email)
  await page.getByRole('button', { name: 'Send the invitation' }).click()
  await expect(page.getByRole('listitem').filter({ hasText: email })).toBeVisible()
}

test('ownership is transferred, and the new owner removes the old one', async ({
  page,
  browser,
}) => {
  const { id } = await openMembersPage(page, 'Transferred')
  const next = await openBrowser(browser)
  await createUser(next, 'Ned Next', { tenantId: id, role: 'member' })
  await page.reload()
  await chooseAction(page, 'Ned Next', /^Hand over/, 'Hand over')
  await expectRole(page, /Ned Next/, 'Owner')
  await expectRole(page, /Olga Owner/, 'Admin')
  await next.goto('/members')
  await chooseAction(next, 'Olga Owner', /^Remove/, 'Remove')
  await expect(next.getByRole('row', { name: /Olga Owner/ })).toBeHidden()
  await page.goto('/orders')
  await expect(page).toHaveURL(/welcome/)
})

test('a viewer can leave', async ({ page, browser }) => {
  const { id } = await openMembersPage(page, 'Left')
  const viewer = await openBrowser(browser)
  await createUser(viewer, 'Vito Viewer', { tenantId: id, role: 'viewer' })
  await viewer.goto('/members')
  await expect(viewer.getByRole('button', { name: 'Invite' })).toBeHidden()
  await expect(viewer.getByRole('button', { name: 'Actions for Olga Owner' })).toBeHidden()
  await chooseAction(viewer, 'Vito Viewer', /^Leave/, 'Leave')
  await expect(viewer.getByRole('heading', { name: 'Welcome, Vito Viewer' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('row', { name: /Vito Viewer/ })).toBeHidden()
})

test('only the newest link of an invitation works, and none after it is revoked', async ({
  page,
  browser,
}) => {
  await openMembersPage(page, 'Inviting')
  const email = `invited-${newId()}@people.example`
  await invite(page, email)
  const guest = await openBrowser(browser)
  await clickEmailLink(guest, email)
  await expect(guest.getByRole('heading', { name: 'Join Inviting' })).toBeVisible()
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByText(`Sent to ${email} again.`)).toBeVisible()
  await guest.reload()
  await expect(guest.getByRole('heading', { name: 'This link no longer works' })).toBeVisible()
  await clickEmailLink(guest, email)
  await expect(guest.getByRole('heading', { name: 'Join Inviting' })).toBeVisible()
  await page.getByRole('button', { name: 'Take back' }).click()
  await expect(page.getByText(`The invitation of ${email} is taken back.`)).toBeVisible()
  await guest.getByLabel('Your name').fill('Too Late')
  await guest.getByLabel('Password', { exact: true }).fill(userPassword)
  await guest.getByRole('button', { name: 'Create an account and join' }).click()
  await expect(guest.getByText('used already or is too old').first()).toBeVisible()
})

test('a user with two organisations signs in to the one that they used last @long', async ({
  page,
}) => {
  const { owner } = await openMembersPage(page, 'Earlier')
  await page.goto('/new-organisation')
  await page.getByLabel('Name').fill('https://evil.example')
  await page.getByRole('button', { name: 'Create it' }).click()
  await expect(page.getByText('without line breaks or web addresses').first()).toBeVisible()
  await page.getByLabel('Name').fill('Later & Sons')
  await page.getByRole('button', { name: 'Create it' }).click()
  await page.waitForURL(/\/orders$/)
  await expect(page.getByRole('button', { name: /^Organisation:/ }).first()).toContainText(
    'Later & Sons',
  )
  const signInAgain = async () => {
    await page.context().clearCookies()
    await page.goto('/sign-in')
    await page.getByLabel('E-mail address').fill(owner.email)
    await page.getByLabel('Password').fill(userPassword)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL(/\/orders$/)
  }
  await signInAgain()
  const switcher = page.getByRole('button', { name: /^Organisation:/ }).first()
  await expect(switcher).toContainText('Later & Sons')
  await switcher.click()
  await page.getByRole('menuitemradio', { name: /^Earlier/ }).click()
  await expect(switcher).toContainText('Earlier')
  await signInAgain()
  await expect(switcher).toContainText('Earlier')
})

test('name, slug, currency and format of an organisation can change; a taken slug is refused @long', async ({
  page,
}, info) => {
  await openMembersPage(page, 'Renamed')
  await page.goto('/settings')
  await page.getByLabel('Name', { exact: true }).fill('Renamed again')
  await page.getByLabel('Slug').fill('acme')
  await page.getByRole('combobox', { name: 'Currency' }).selectOption('CHF')
  await page.getByRole('combobox', { name: 'Dates and numbers' }).selectOption('de-DE')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText(/acme is taken/).first()).toBeVisible()
  const slug = `renamed-${newId().slice(-8)}`
  await page.getByLabel('Slug').fill(slug)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The settings are saved.')).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Renamed again')
  await expect(page.getByLabel('Slug')).toHaveValue(slug)
  await expect(page.getByRole('combobox', { name: 'Currency' })).toHaveValue('CHF')
  await expect(page.getByRole('combobox', { name: 'Dates and numbers' })).toHaveValue('de-DE')
  await takeScreenshot(page, 'settings', info)
})
