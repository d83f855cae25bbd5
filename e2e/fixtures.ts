import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, type TestInfo } from '@playwright/test'

type Login = { email: string; password: string; what: string }

/** The demo people, as `seed --demo` gave them to the test run. */
export function logins(): Login[] {
  const given = process.env.E2E_LOGINS
  if (given === undefined) throw new Error('E2E_LOGINS is not set; run the browser tests with npm run test:e2e')
  return JSON.parse(given) as Login[]
}

export async function signIn(page: Page, email: string): Promise<void> {
  const login = logins().find((one) => one.email === email)
  if (login === undefined) throw new Error(`${email} is none of the demo people: ${logins().map((one) => one.email).join(', ')}`)
  await page.goto('/sign-in')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(login.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
}

/** Fails on what axe calls serious or critical, and names each element. */
export async function checkA11y(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const report = grave.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}\n  ${node.html}\n  ${node.failureSummary ?? ''}`))
  expect(report, `accessibility of ${page.url()}`).toEqual([])
}

/** A picture for people to look at, kept in test-results/screens. */
export async function shot(page: Page, name: string, info?: TestInfo): Promise<void> {
  const where = info === undefined ? '' : `${info.project.name}-`
  await page.screenshot({ path: `test-results/screens/${where}${name}.png`, fullPage: true, animations: 'disabled' })
}
