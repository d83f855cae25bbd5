import { expect, test } from '@playwright/test'
import { checkA11y, takeScreenshot, signIn } from './fixtures'
import { switchTo } from './switch-organisation'

test('the id of another tenant’s row gets the same response as an unknown id', async ({
  page,
  browser,
}) => {
  const context = await browser.newContext()
  const globex = await context.newPage()
  await signIn(globex, 'grace@globex.example')
  const hrefs: string[] = []
  for (const list of ['/orders', '/customers', '/products']) {
    await globex.goto(list)
    hrefs.push((await globex.locator('tbody a[href]').first().getAttribute('href')) ?? '')
  }
  await context.close()
  await signIn(page, 'ada@acme.example')
  // the only differences allowed are the id in the URL and the nonce of the request
  const plain = (body: string, id: string) =>
    body
      .replaceAll(id, 'ID')
      .replaceAll(/nonce="([^"]+)"/.exec(body)?.[1] ?? ' ', 'NONCE')
      .replaceAll('"])</script><script nonce="NONCE">self.__next_f.push([1,"', '')
  for (const href of hrefs) {
    const [, list = '', id = ''] = href.split('/')
    const unknown = `${id.slice(0, -4)}${id.endsWith('0000') ? '1111' : '0000'}`
    const responses = await Promise.all(
      [id, unknown].map((one) => page.request.get(`/${list}/${one}`)),
    )
    expect(responses.map((response) => response.status())).toEqual([404, 404])
    const [theirs, none] = await Promise.all(responses.map((response) => response.text()))
    expect(plain(theirs ?? '', id)).toBe(plain(none ?? '', unknown))
    expect((await page.request.get(`/${list}/nonsense`)).status()).toBe(404)
  }
  const customer = hrefs[1]?.split('/')[2] ?? ''
  const nobody = '00000000-0000-7000-8000-000000000000'
  const shown = async (path: string, id: string) => {
    await page.goto(`${path}${id}`)
    await expect(page.getByText('Loading')).toHaveCount(0)
    return (await page.locator('main').innerHTML()).replaceAll(id, 'ID')
  }
  for (const path of ['/orders?customer=', '/orders/new?customer=', '/activity?q='])
    expect(await shown(path, customer), path).toBe(await shown(path, nobody))
  const rowsFor = async (id: string) =>
    (await (await page.request.get(`/orders/export?customer=${id}`)).text()).trim().split('\r\n')
      .length
  expect(await rowsFor(customer)).toBe(1)
  expect(await rowsFor(nobody)).toBe(1)
})

test('a form of one organisation is refused after its user has switched to another', async ({
  page,
  context,
}) => {
  await signIn(page, 'sam@both.example')
  await switchTo(page, 'Acme')
  await page.goto('/customers')
  const form = await context.newPage()
  await form.goto('/customers')
  await form.getByRole('button', { name: 'New customer' }).click()
  await form.getByLabel('Name').fill('Belongs to Acme')
  await switchTo(page, 'Globex')
  await form.getByRole('button', { name: 'Create customer' }).click()
  await expect(form.getByRole('dialog').getByText(/Acme.*Globex/)).toBeVisible()
  await expect(form.getByLabel('Name')).toHaveValue('Belongs to Acme')
})

test('an operator sees no orders', async ({ page }) => {
  await signIn(page, 'olivia@rowhouse.example')
  await page.goto('/orders')
  await expect(page).not.toHaveURL(/\/orders/)
  expect((await page.request.get('/orders/export')).status()).toBe(401)
})

test('thirteen attack probes find no row of another tenant @phone', async ({ page }, info) => {
  await signIn(page, 'ada@acme.example')
  await page.goto('/isolation')
  await expect(page.getByText('this tenant', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Try them all' }).click()
  await expect(page.getByText('13 of 13 tried, 0 rows of others came out')).toBeVisible({
    timeout: 30_000,
  })
  await expect(page.getByText(/of them yours/).first()).toBeVisible()
  await expect(page.getByText('permission denied for schema platform')).toBeVisible()
  await checkA11y(page)
  await takeScreenshot(page, 'isolation', info)
})
