import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, type TestInfo } from '@playwright/test'
import { encode } from 'next-auth/jwt'
import { env } from '#db/env'
import { sessionCookie } from '#db/accounts/session-cookie'
import { newId } from '@rowhouse/tenancy'
import { createTenant } from '@rowhouse/tenancy/admin'
import { platform, tenancy } from '#db/tenancy'
import type { Role } from '#db/schema/platform'
import * as sessions from '#db/accounts/sessions'
import { addMember } from '#db/accounts/add-member'
import * as users from '#db/accounts/users'
import type { DemoLogin } from '#db/seed/demo-logins'

/** The demo users that `seed --demo` created. */
export function seededLogins(): DemoLogin[] {
  const json = process.env.E2E_LOGINS
  if (json === undefined)
    throw new Error('E2E_LOGINS is not set; run the browser tests with npm run test:e2e')
  return JSON.parse(json) as DemoLogin[]
}

/** Signs in a demo user with the sign-in form and waits for the next page. */
export async function signInByForm(page: Page, email: string): Promise<void> {
  const login = seededLogins().find((one) => one.email === email)
  if (login === undefined)
    throw new Error(
      `${email} is not a demo user; these are: ${seededLogins()
        .map((one) => one.email)
        .join(', ')}`,
    )
  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(login.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
}

/** Signs in a user without the sign-in form and opens their first page. */
export async function signIn(page: Page, email: string): Promise<void> {
  const user = await users.byEmail(platform(), email)
  if (user === undefined) throw new Error(`no user has the address ${email}`)
  await signInAs(page, user.id)
  await page.goto('/')
}

/** Creates a session without the sign-in page and returns its secret. */
export const sessionOf = (userId: string): Promise<string> =>
  sessions.start(userId, { device: 'test', address: '127.0.0.1' })

/** The Cookie header that a browser with this session sends. */
export async function cookieOf(secret: string): Promise<string> {
  const { name } = sessionCookie(env().APP_URL)
  return `${name}=${await encode({ token: { secret }, secret: env().AUTH_SECRET, salt: name })}`
}

/** Creates a user with `userPassword`, optionally as a member, and signs them in on this page. */
export async function createUser(
  page: Page,
  name: string,
  membership?: { tenantId: string; role: Role },
): Promise<{ id: string; email: string }> {
  const { id, email } = await users.create(platform(), {
    email: `${name.toLowerCase().replaceAll(' ', '-')}-${newId()}@people.example`,
    name,
    password: userPassword,
    verified: true,
  })
  if (membership) await addMember(platform(), membership.tenantId, id, membership.role)
  await signInAs(page, id)
  return { id, email }
}

/** Creates a tenant and signs its owner in on this page. */
export async function createOrganisationWithOwner(
  page: Page,
  name: string,
): Promise<{ id: string; owner: { id: string; email: string } }> {
  const owner = await createUser(page, 'Olga Owner')
  const { id } = await createTenant(tenancy(), {
    slug: `${name.toLowerCase()}-${newId().slice(-8)}`,
    name,
    tier: 'starter',
    ownerId: owner.id,
  })
  await signInAs(page, owner.id)
  return { id, owner }
}

/** Signs a user in on this page, without the sign-in form. */
export async function signInAs(page: Page, userId: string): Promise<void> {
  const [name = '', value = ''] = (await cookieOf(await sessionOf(userId))).split('=')
  await page.context().addCookies([{ name, value, url: env().APP_URL }])
}

export const userPassword = 'geranium-37-window'

/** Fails on serious and critical violations that axe finds, and names each element. */
export async function checkA11y(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const report = serious.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}\n  ${node.html}\n  ${node.failureSummary ?? ''}`),
  )
  expect(report, `accessibility of ${page.url()}`).toEqual([])
}

/**
 * Fails when the page scrolls sideways. On the desktop it also checks the width of a tablet, and
 * takes a screenshot of it.
 */
export async function checkWidth(page: Page, name: string, info: TestInfo): Promise<void> {
  const wide = page.viewportSize()
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(await overflow(), `${name} scrolls sideways`).toBeLessThanOrEqual(0)
  if (info.project.use.isMobile || !wide) return
  await page.setViewportSize({ width: 820, height: 1100 })
  expect(await overflow(), `${name} scrolls sideways on a tablet`).toBeLessThanOrEqual(0)
  await page.screenshot({
    path: `test-results/screens/tablet-${name}.png`,
    fullPage: true,
    animations: 'disabled',
  })
  await page.setViewportSize(wide)
}

/** Takes a screenshot for manual review, in test-results/screens. */
export async function takeScreenshot(page: Page, name: string, info?: TestInfo): Promise<void> {
  const where = info === undefined ? '' : info.project.use.isMobile ? 'phone-' : 'desktop-'
  await page.screenshot({
    path: `test-results/screens/${where}${name}.png`,
    fullPage: true,
    animations: 'disabled',
  })
}

/** Opens a dialog, fills it in and submits it. */
export async function submitDialog(
  page: Page,
  opener: string,
  fill: Record<string, string>,
  save: string,
): Promise<void> {
  await page.getByRole('button', { name: opener }).click()
  const dialog = page.getByRole('dialog')
  for (const [label, value] of Object.entries(fill)) await dialog.getByLabel(label).fill(value)
  await dialog.getByRole('button', { name: save, exact: true }).click()
}

/** Waits until the members page shows a member's role. The row itself also contains its dialogs. */
export async function expectRole(page: Page, name: RegExp, role: string): Promise<void> {
  const row = page.getByRole('row', { name })
  await expect(row.getByRole('cell', { name: role, exact: true })).toBeVisible()
}
