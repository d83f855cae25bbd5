import { createReadStream } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, test } from '@playwright/test'
import { eq } from 'drizzle-orm'
import { newId } from '@rowhouse/tenancy'
import { platform } from '#db/tenancy'
import { tenants } from '@rowhouse/tenancy/schema'
import {
  checkA11y,
  createOrganisationWithOwner,
  createUser,
  takeScreenshot,
  signIn,
} from './fixtures'

test(
  'an export file can be downloaded only in the session that the link was made for',
  { tag: '@phone' },
  async ({ page, browser }, info) => {
    const [acme] = await platform().select().from(tenants).where(eq(tenants.slug, 'acme'))
    const tenantId = acme?.id ?? ''
    await createUser(page, 'Adam Admin', { tenantId, role: 'admin' })
    await page.goto('/settings/data')
    await page.getByRole('button', { name: 'New export' }).click()
    await expect(page.getByRole('button', { name: 'Under way' })).toBeDisabled()
    const link = page.getByRole('link', { name: 'Download' }).first()
    await expect(link).toBeVisible({ timeout: 30_000 })
    await checkA11y(page)
    await takeScreenshot(page, 'your-data', info)
    const downloading = page.waitForEvent('download')
    await link.click()
    const download = await downloading
    expect(download.suggestedFilename()).toMatch(/^acme-\d{4}-\d\d-\d\d\.zip$/)
    const path = join(await mkdtemp(join(tmpdir(), 'rowhouse-download-')), 'acme.zip')
    await download.saveAs(path)
    const file = await buffer(createReadStream(path))
    expect(file.subarray(0, 2).toString()).toBe('PK')
    expect(
      file.includes('manifest.json') &&
        file.includes('ndjson/orders.ndjson') &&
        file.includes('csv/orders.csv'),
    ).toBe(true)

    const address = (await link.getAttribute('href')) ?? ''
    expect((await page.request.get(address)).headers()['cache-control']).toBe('private, no-store')
    const missing = await page.request.get(address.replace(/[\w-]{36}\?/, `${newId()}?`))
    expect(missing.status()).toBe(404)
    const missingText = await missing.text()
    const others: Record<string, (other: typeof page) => Promise<unknown>> = {
      'signed out': async () => {},
      'another admin of the same organisation': (other) =>
        createUser(other, 'Anna Admin', { tenantId, role: 'admin' }),
      'a viewer': (other) => createUser(other, 'Vera Viewer', { tenantId, role: 'viewer' }),
      'the owner of another': (other) => signIn(other, 'grace@globex.example'),
      'an operator': (other) => signIn(other, 'olivia@rowhouse.example'),
    }
    for (const [who, become] of Object.entries(others)) {
      const context = await browser.newContext()
      await become(await context.newPage())
      const response = await context.request.get(address)
      expect([who, response.status(), await response.text()]).toEqual([who, 404, missingText])
      await context.close()
    }
  },
)

test('an owner sets a retention period, previews what would be deleted, requests an erasure and withdraws it', async ({
  page,
}, info) => {
  await createOrganisationWithOwner(page, 'Keeping')
  await page.goto('/settings/data')
  const orders = page.getByRole('form', { name: 'Days to keep orders' })
  await orders.getByLabel('Days to keep orders').fill('5')
  await orders.getByRole('button', { name: 'Save' }).click()
  await expect(
    page.getByText('the tier starter allows 90 to 1095 days, not 5').first(),
  ).toBeVisible()
  await orders.getByLabel('Days to keep orders').fill('365')
  await orders.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Orders: saved.')).toBeVisible()
  await page.getByRole('link', { name: 'What would go now?' }).click()
  await expect(page.getByText('Nothing is old enough to go now.')).toBeVisible()

  await page.getByLabel('Type Keeping to confirm').fill('keeping')
  await page.getByRole('button', { name: 'Erase Keeping' }).click()
  await expect(page.getByText('Type Keeping to confirm; this is keeping.').first()).toBeVisible()
  await page.getByLabel('Type Keeping to confirm').fill('Keeping')
  await page.getByRole('button', { name: 'Erase Keeping' }).click()
  await expect(page.getByText(/Keeping is erased on/)).toBeVisible()
  await takeScreenshot(page, 'to-be-erased', info)
  await page.getByRole('button', { name: 'Keep the organisation' }).click()
  await expect(page.getByLabel('Type Keeping to confirm')).toBeVisible()
})
