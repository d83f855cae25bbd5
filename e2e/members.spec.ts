import { expect, test, type Browser, type Page } from '@playwright/test'
import { newId } from '@rowhouse/tenancy'
import { newOrganisation, newPerson, personPassword, shot } from './fixtures'
import { clickMailLink } from './mail'

async function organisation(page: Page, name: string) {
  const made = await newOrganisation(page, name)
  await page.goto('/members')
  return made
}
const elsewhere = async (browser: Browser) => (await browser.newContext()).newPage()

async function choose(page: Page, who: string, item: RegExp, button: string) {
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

test('ownership is handed over; the new owner removes the old one', async ({ page, browser }) => {
  const { id } = await organisation(page, 'Handed')
  const next = await elsewhere(browser)
  await newPerson(next, 'Ned Next', { tenantId: id, role: 'member' })
  await page.reload()
  await choose(page, 'Ned Next', /^Hand over/, 'Hand over')
  await expect(page.getByRole('row', { name: /Ned Next/ })).toContainText('Owner')
  await expect(page.getByRole('row', { name: /Olga Owner/ })).toContainText('Admin')
  await next.goto('/members')
  await choose(next, 'Olga Owner', /^Remove/, 'Remove')
  await expect(next.getByRole('row', { name: /Olga Owner/ })).toBeHidden()
  await page.goto('/orders')
  await expect(page).toHaveURL(/welcome/)
})

test('a viewer leaves by themselves', async ({ page, browser }) => {
  const { id } = await organisation(page, 'Left')
  const viewer = await elsewhere(browser)
  await newPerson(viewer, 'Vito Viewer', { tenantId: id, role: 'viewer' })
  await viewer.goto('/members')
  await expect(viewer.getByRole('button', { name: 'Invite' })).toBeHidden()
  await expect(viewer.getByRole('button', { name: 'Actions for Olga Owner' })).toBeHidden()
  await choose(viewer, 'Vito Viewer', /^Leave/, 'Leave')
  await expect(viewer.getByRole('heading', { name: 'Welcome, Vito Viewer' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('row', { name: /Vito Viewer/ })).toBeHidden()
})

test('of an invitation that was sent again only the newest link works, and none once it is taken back', async ({
  page,
  browser,
}) => {
  await organisation(page, 'Inviting')
  const email = `invited-${newId()}@people.example`
  await invite(page, email)
  const guest = await elsewhere(browser)
  await clickMailLink(guest, email)
  await expect(guest.getByRole('heading', { name: 'Join Inviting' })).toBeVisible()
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByText(`Sent to ${email} again.`)).toBeVisible()
  await guest.reload()
  await expect(guest.getByRole('heading', { name: 'This link no longer works' })).toBeVisible()
  await clickMailLink(guest, email)
  await expect(guest.getByRole('heading', { name: 'Join Inviting' })).toBeVisible()
  await page.getByRole('button', { name: 'Take back' }).click()
  await expect(page.getByText(`The invitation of ${email} is taken back.`)).toBeVisible()
  await guest.getByLabel('Your name').fill('Too Late')
  await guest.getByLabel('Password', { exact: true }).fill(personPassword)
  await guest.getByRole('button', { name: 'Create an account and join' }).click()
  await expect(guest.getByText('used already or is too old').first()).toBeVisible()
})

test('somebody makes a second organisation, and signs in to the one that they used last @long', async ({
  page,
}) => {
  const { owner } = await organisation(page, 'Earlier')
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
  const enter = async () => {
    await page.context().clearCookies()
    await page.goto('/sign-in')
    await page.getByLabel('E-mail address').fill(owner.email)
    await page.getByLabel('Password').fill(personPassword)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL(/\/orders$/)
  }
  await enter()
  const switcher = page.getByRole('button', { name: /^Organisation:/ }).first()
  await expect(switcher).toContainText('Later & Sons')
  await switcher.click()
  await page.getByRole('menuitemradio', { name: /^Earlier/ }).click()
  await expect(switcher).toContainText('Earlier')
  await enter()
  await expect(switcher).toContainText('Earlier')
})

test('an organisation gets another name, slug, currency and format; a taken slug is refused @long', async ({
  page,
}, info) => {
  await organisation(page, 'Settled')
  await page.goto('/settings')
  await page.getByLabel('Name', { exact: true }).fill('Settled elsewhere')
  await page.getByLabel('Slug').fill('acme')
  await page.getByRole('combobox', { name: 'Currency' }).selectOption('CHF')
  await page.getByRole('combobox', { name: 'Dates and numbers' }).selectOption('de-DE')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText(/acme is taken/).first()).toBeVisible()
  const slug = `settled-${newId().slice(-8)}`
  await page.getByLabel('Slug').fill(slug)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The settings are saved.')).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Settled elsewhere')
  await expect(page.getByLabel('Slug')).toHaveValue(slug)
  await expect(page.getByRole('combobox', { name: 'Currency' })).toHaveValue('CHF')
  await expect(page.getByRole('combobox', { name: 'Dates and numbers' })).toHaveValue('de-DE')
  await shot(page, 'settings', info)
})
