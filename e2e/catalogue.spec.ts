import { expect, test } from '@playwright/test'
import { checkA11y, takeScreenshot, signIn } from './fixtures'

const uniqueSuffix = () => Math.random().toString(36).slice(2, 8)

test('a customer is created, edited, archived and restored @phone', async ({ page }, info) => {
  const name = `Windmill ${uniqueSuffix()}`
  await signIn(page, 'ada@acme.example')
  await page.goto('/customers')
  await page.getByRole('button', { name: 'New customer' }).click()
  await page.getByRole('button', { name: 'Create customer' }).click()
  await expect(page.getByText('Type a name.')).toBeVisible()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('E-mail address').fill('not an address')
  await page.getByRole('button', { name: 'Create customer' }).click()
  await expect(page.getByText('Type an e-mail address such as')).toBeVisible()
  await expect(page.getByLabel('Name')).toHaveValue(name)
  await page.getByLabel('E-mail address').fill('mill@windmill.example')
  await page.getByRole('button', { name: 'Create customer' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name)
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Phone').fill('+44 20 7946 0999')
  await page.getByRole('button', { name: 'Save customer' }).click()
  await expect(page.getByRole('link', { name: '+44 20 7946 0999' })).toBeVisible()
  await page.getByRole('button', { name: 'Archive' }).click()
  await expect(page.getByRole('button', { name: 'Restore' })).toBeVisible()
  await checkA11y(page)
  await takeScreenshot(page, 'customer', info)
  await page.getByRole('button', { name: 'Restore' }).click()
  await expect(page.getByRole('button', { name: 'Archive' })).toBeVisible()
})

test('a product has a price in the tenant’s currency and a unique number @long', async ({
  page,
}) => {
  const sku = `WH-${uniqueSuffix()}`
  await signIn(page, 'ada@acme.example')
  const create = async (price: string) => {
    await page.goto('/products')
    await page.getByRole('button', { name: 'New product' }).click()
    await page.getByLabel('Name').fill('Millstone')
    await page.getByLabel('Number').fill(sku)
    await page.getByLabel('Price in EUR').fill(price)
    await page.getByRole('button', { name: 'Create product' }).click()
  }
  await create('12.345')
  await expect(page.getByText('EUR has 2 decimals').last()).toBeVisible()
  await page.getByLabel('Price in EUR').fill('129.50')
  await page.getByRole('button', { name: 'Create product' }).click()
  await expect(page.getByText('€129.50')).toBeVisible()
  await create('1')
  await expect(page.getByText(`${sku} is the number of Millstone already.`).last()).toBeVisible()
})

test('actions appear in the activity log and can be searched', async ({ page }) => {
  const name = `Trail ${uniqueSuffix()}`
  await signIn(page, 'ada@acme.example')
  await page.goto('/customers')
  await page.getByRole('button', { name: 'New customer' }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create customer' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name)
  await page.goto(`/activity?q=${encodeURIComponent(name)}`)
  await expect(
    page.getByRole('main').getByRole('listitem').filter({ hasText: 'Ada Reyes created' }),
  ).toHaveCount(1)
})
