import { expect, test, type Page } from '@playwright/test'
import { checkA11y, createOrganisationWithOwner, takeScreenshot, signIn } from './fixtures'
import { switchTo } from './switch-organisation'

// The same tests for every placement: nothing below may depend on which one it is.
const tenants = [
  {
    placement: 'shared rows',
    email: 'ada@acme.example',
    other: 'sam@both.example',
    tenant: 'Acme',
    customer: 'Quarry Road Tools',
    frequent: 'Kessler',
    products: ['Forged anvil', 'Hemp rope'],
    total: '€37.02',
  },
  {
    placement: 'its own schema',
    email: 'ines@initech.example',
    other: 'ines@initech.example',
    tenant: 'Initech',
    customer: 'Westfall Insurance',
    frequent: 'Bergmann',
    products: ['Whiteboard', 'Stapler'],
    total: '37,02 €',
  },
  {
    placement: 'its own database',
    email: 'umar@umbrella.example',
    other: 'umar@umbrella.example',
    tenant: 'Umbrella',
    customer: 'Oxbow Laboratories',
    frequent: 'Calder',
    products: ['Microscope', 'Nitrile gloves'],
    total: '£37.02',
  },
] as const
type TenantCase = (typeof tenants)[number]

/** Fills in the order form by keyboard, as fast as the comboboxes respond. */
async function writeOrder(page: Page, customer: string, product: string) {
  await page.getByRole('combobox', { name: 'Who orders' }).fill(customer)
  await page.getByRole('option').first().waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('combobox', { name: 'Product' }).first().fill(product)
  await page.getByRole('option').first().waitFor()
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Quantity').first()).toBeFocused()
}

async function newOrder(
  page: Page,
  { customer, products: [, product] }: TenantCase,
): Promise<string> {
  await page.goto('/orders/new')
  await writeOrder(page, customer, product)
  await page.getByRole('button', { name: 'Place order' }).click()
  await page.waitForURL(/\/orders\/[0-9a-f-]{36}$/)
  return page.url()
}

// A short run has three of these tests for the first placement and one for each other.
for (const [i, tenantCase] of tenants.entries()) {
  const longUnlessFirst = i === 0 ? '' : ' @long'
  test.describe(tenantCase.placement, () => {
    const {
      email,
      tenant,
      customer,
      frequent,
      products: [heavy, light],
      total,
    } = tenantCase

    test('an order is written, paid, shipped and delivered by keyboard alone @phone', async ({
      page,
    }, info) => {
      await signIn(page, email)
      await page.goto('/orders/new')
      await writeOrder(page, customer, heavy)
      await page.keyboard.type('3')
      await page.keyboard.press('Tab')
      await page.keyboard.type('12.34')
      await page.keyboard.press('Enter')
      await page.getByRole('combobox', { name: 'Product' }).nth(1).pressSequentially(light)
      await page.getByRole('option').first().waitFor()
      await page.keyboard.press('Enter')
      await takeScreenshot(page, `new-order-${tenant.toLowerCase()}`, info)
      await page.getByRole('button', { name: 'Place order' }).click()
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Order #\d+/)
      await expect(page.getByText(total)).toBeVisible()
      for (const [verb, status] of [
        ['Mark as paid', 'Paid'],
        ['Mark as shipped', 'Shipped'],
        ['Mark as delivered', 'Delivered'],
      ] as const) {
        await page.getByRole('button', { name: verb }).click()
        await expect(
          page.getByRole('main').getByText(status, { exact: true }).first(),
        ).toBeVisible()
      }
      await checkA11y(page)
      await takeScreenshot(page, `order-${tenant.toLowerCase()}`, info)
    })

    test('wrong input gets a message for each field, and nothing typed is lost @long', async ({
      page,
    }) => {
      await signIn(page, email)
      await page.goto('/orders/new')
      await page.getByRole('button', { name: 'Place order' }).click()
      await expect(page.getByText('Choose a customer.')).toBeVisible()
      await expect(page.getByText('Add at least one product.')).toBeVisible()
      await writeOrder(page, customer, light)
      await page.getByLabel('Quantity').fill('-2')
      await page.getByLabel('Note').fill('x'.repeat(10_000))
      await page.getByRole('button', { name: 'Place order' }).click()
      await expect(page.getByText('A quantity is at least 1.')).toBeVisible()
      await expect(page.getByText('Use at most 2,000 characters; these are 10,000.')).toBeVisible()
      await expect(page.getByLabel('Note')).toHaveValue('x'.repeat(10_000))
      await page.getByLabel('Quantity').fill('2')
      await page.getByLabel('Note').fill('Ring twice')
      await page.getByLabel('Unit price').fill('12.345')
      await page.getByRole('button', { name: 'Place order' }).click()
      await expect(
        page.getByText(/^[A-Z]{3} has 2 decimals; type an amount such as 12.34.$/).last(),
      ).toBeVisible()
      await expect(page.getByLabel('Unit price')).toHaveValue('12.345')
      await checkA11y(page)
    })

    test(`of two people who edit an order, the second sees both versions and loses nothing${longUnlessFirst}`, async ({
      page,
      browser,
    }, info) => {
      await signIn(page, email)
      const url = await newOrder(page, tenantCase)
      const context = await browser.newContext()
      const other = await context.newPage()
      await signIn(other, tenantCase.other)
      await switchTo(other, tenantCase.tenant)
      await other.goto(`${url}/edit`)
      await page.goto(`${url}/edit`)
      await page.getByLabel('Note').fill('Ada was first')
      await page.getByRole('button', { name: 'Save order' }).click()
      await page.waitForURL(url)
      await other.getByLabel('Note').fill('Sam was second')
      await other.getByRole('button', { name: 'Save order' }).click()
      await expect(other.getByText('Somebody else has changed this order meanwhile')).toBeVisible()
      await expect(other.getByText('Ada was first')).toBeVisible()
      await expect(other.getByLabel('Note')).toHaveValue('Sam was second')
      await checkA11y(other)
      await takeScreenshot(other, `conflict-${tenant.toLowerCase()}`, info)
      await other.getByRole('button', { name: 'Save mine over theirs' }).click()
      await other.waitForURL(url)
      await expect(other.getByText('Sam was second')).toBeVisible()
      await context.close()
    })

    test('an order is cancelled with a reason and duplicated @long', async ({ page }) => {
      await signIn(page, email)
      await newOrder(page, tenantCase)
      await page.getByRole('button', { name: 'More' }).first().click()
      await page.getByRole('menuitem', { name: 'Cancel order' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Cancel order' }).click()
      await expect(dialog.getByText('Say why')).toBeVisible()
      await dialog.getByLabel('Reason').fill('Ordered twice')
      await dialog.getByRole('button', { name: 'Cancel order' }).click()
      await expect(page.getByText('“Ordered twice”')).toBeVisible()
      await page.getByRole('button', { name: 'More' }).first().click()
      await page.getByRole('menuitem', { name: 'Duplicate' }).click()
      await page.waitForURL(/\/edit$/)
      await expect(page.getByRole('combobox', { name: 'Product' })).toHaveValue(new RegExp(light))
    })

    test(`search, filters, sorting and pages of the list are in the URL @phone${longUnlessFirst}`, async ({
      page,
    }, info) => {
      await signIn(page, email)
      await page.goto('/orders?period=12m')
      await page.getByRole('link', { name: 'Delivered', exact: true }).first().click()
      await page.waitForURL(/status=delivered/)
      await page.getByRole('searchbox').focus()
      await page.keyboard.type(frequent.slice(0, 3))
      await page.waitForURL(/q=/)
      await page.keyboard.type(frequent.slice(3))
      await page.waitForURL(new RegExp(`q=${frequent}`))
      const table = page.getByRole('table', { name: 'Orders', exact: true })
      await expect(table.locator('tbody tr').first()).toContainText(frequent)
      await page.goBack()
      await expect(page.getByRole('searchbox')).toHaveValue('')
      const numbers = () => table.locator('tbody tr a').allTextContents()
      const first = await numbers()
      await page.getByRole('link', { name: 'Next' }).click()
      await page.waitForURL(/after=/)
      await expect.poll(numbers).not.toEqual(first)
      await page.getByRole('link', { name: 'Previous' }).click()
      await page.waitForURL(/before=/)
      await expect.poll(numbers).toEqual(first)
      await page.goto('/orders?q=nobody-is-called-that')
      await expect(page.getByText('No order fits')).toBeVisible()
      await takeScreenshot(page, `orders-none-${tenant.toLowerCase()}`, info)
    })

    test('the status of several orders changes at once @long', async ({ page }) => {
      await signIn(page, email)
      const url = await newOrder(page, tenantCase)
      await page.goto('/orders')
      await page
        .getByLabel(/^Select order/)
        .first()
        .check()
      await page
        .getByLabel(/^Select order/)
        .nth(1)
        .check()
      const bar = page.getByRole('region', { name: 'Selected orders' })
      await expect(bar).toContainText('2 selected')
      await bar.getByLabel('Mark as').selectOption('Paid')
      await bar.getByRole('button', { name: 'Apply' }).click()
      await expect(page.getByText(/orders? changed/)).toBeVisible()
      await page.goto(url)
      await expect(page.getByRole('main').getByText('Paid', { exact: true }).first()).toBeVisible()
      await page.goto('/orders')
      await page
        .getByLabel(/^Select order/)
        .first()
        .check()
      await bar.getByLabel('Mark as').selectOption('Cancelled')
      await bar.getByRole('button', { name: 'Apply' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Cancel 1 order' }).click()
      await expect(dialog.getByText('Say why').last()).toBeVisible()
      await dialog.getByLabel('Reason').fill('Out of stock')
      await dialog.getByRole('button', { name: 'Cancel 1 order' }).click()
      await expect(page.getByText('1 order changed')).toBeVisible()
      await page.goto(url)
      await expect(page.getByText('“Out of stock”')).toBeVisible()
    })

    test('the export has the filtered orders and no spreadsheet formula @long', async ({
      page,
    }) => {
      await signIn(page, email)
      await page.goto('/orders/new')
      await writeOrder(page, customer, light)
      const note = `=HYPERLINK("http://evil.example","${Date.now()}")`
      await page.getByLabel('Note').fill(note)
      await page.getByRole('button', { name: 'Place order' }).click()
      await page.waitForURL(/\/orders\/[0-9a-f-]{36}$/)
      const response = await page.request.get(`/orders/export?q=${encodeURIComponent(customer)}`)
      expect(response.headers()['content-type']).toContain('text/csv')
      const lines = (await response.text()).trim().split('\r\n')
      expect(lines.slice(1).every((line) => line.includes(customer))).toBe(true)
      expect(lines.some((line) => line.includes(`"'${note.replaceAll('"', '""')}"`))).toBe(true)
    })
  })
}

test('the revenue chart has a scale even without orders', async ({ page }) => {
  await createOrganisationWithOwner(page, 'Quiet')
  await page.goto('/orders')
  await expect(page.getByText('No orders in this period')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Revenue by day' })).toContainText(
    /€2(\.0)?€1(\.0)?€0/,
  )
  await expect(page.getByRole('main')).not.toContainText('NaN')
})
