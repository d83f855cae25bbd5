import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@playwright/test'
import { createOrganisationWithOwner, createUser } from './fixtures'

test("a removed member's open tab, API key and export link stop working within a second", async ({
  page,
  browser,
  request,
}) => {
  const { id: tenantId } = await createOrganisationWithOwner(page, 'Removing')
  const tab = await (await browser.newContext()).newPage()
  await createUser(tab, 'Adam Admin', { tenantId, role: 'admin' })

  await tab.goto('/settings/keys')
  await tab.getByRole('button', { name: 'New key' }).click()
  await tab.getByLabel('What is it for?').fill('Everything')
  await tab.getByRole('button', { name: 'Create the key' }).click()
  const headers = {
    authorization: `Bearer ${(await tab.getByLabel('API key', { exact: true }).textContent())?.trim()}`,
  }
  await tab.goto('/settings/data')
  await tab.getByRole('button', { name: 'New export' }).click()
  const link =
    (await tab.getByRole('link', { name: 'Download' }).getAttribute('href', { timeout: 30_000 })) ??
    ''
  await tab.goto('/customers')
  await tab.getByRole('button', { name: 'New customer' }).click()
  await tab.getByLabel('Name').fill('Written too late')

  const statuses = async () => [
    (await tab.request.get('/orders', { maxRedirects: 0 })).status(),
    (await request.get('/api/v1/orders', { headers })).status(),
    (await tab.request.get(link)).status(),
  ]
  expect(await statuses()).toEqual([200, 200, 200])
  await page.goto('/members')
  await page.getByRole('button', { name: 'Actions for Adam Admin' }).click()
  await page.getByRole('menuitem', { name: 'Remove…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByRole('row', { name: /Adam Admin/ })).toBeHidden()
  await sleep(1000)
  expect(await statuses()).toEqual([307, 401, 404])
  await tab.getByRole('button', { name: 'Create customer' }).click()
  await expect(tab.getByText('You are not a member of this organisation.').first()).toBeVisible()
  await page.goto('/customers')
  await expect(page.getByText('Written too late')).toBeHidden()
})
