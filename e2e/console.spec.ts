import { expect, test } from '@playwright/test'
import { routeInventory } from '#app/_access/route-inventory'
import { startReader, startWriter } from './background-traffic'
import { queryAsAdmin } from './database'
import { checkA11y, takeScreenshot, signIn } from './fixtures'
import { tenantChecksums } from './tenant-checksums'

const operator = 'olivia@rowhouse.example'
const owner = 'ada@acme.example'

test('Acme moves from starter to business to enterprise and back under writes, and loses nothing', async ({
  page,
  browser,
  request,
}, info) => {
  test.setTimeout(180_000)
  const before = await tenantChecksums('acme')
  const writer = await startWriter(browser, request, owner)
  const reader = await startReader(browser, owner)
  await signIn(page, operator)
  const reasons = {
    Business: 'They want a dedicated role',
    Enterprise: 'Their contract asks for a database of their own',
    Starter: 'They have become fewer',
  }
  for (const [tier, reason] of Object.entries(reasons)) {
    await page.goto('/console/tenants/acme/tier')
    await page.getByRole('radio', { name: tier }).check()
    await expect(page.getByLabel('What it means')).toContainText('rows')
    await page.getByLabel('Reason').fill(reason)
    await page.getByRole('button', { name: `Move Acme to ${tier}` }).click()
    await page.waitForURL(/moves\//)
    await page.reload() // the page has to show the state in the database
    await expect(page.getByRole('button', { name: 'Confirm…' })).toBeVisible({ timeout: 60_000 })
    const steps = page.getByRole('region', { name: 'Steps' }).getByRole('listitem')
    await expect(steps).toHaveText([
      /Requested, done/,
      /Target created, done/,
      /Changes logged, done/,
      /Rows copied, done/,
      /Indexes built, done/,
      /Caught up, done/,
      /Compared, done/,
      /Switched, done/,
      /Confirmed, to come/,
      /Cleaned up, to come/,
    ])
    await expect(page.getByText('rows the same on both sides')).toBeVisible()
    await checkA11y(page)
    await takeScreenshot(page, `console-move-to-${tier.toLowerCase()}`, info)
    await page.getByRole('button', { name: 'Confirm…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click()
    await expect(page.getByText(`Done. Acme is ${tier}`)).toBeVisible({ timeout: 60_000 })
    await expect(steps.filter({ hasText: ', done' })).toHaveCount(10)
  }
  const { acknowledged, found } = await writer.stop()
  expect(acknowledged.length).toBeGreaterThan(10)
  expect(
    acknowledged.filter((id) => !found.has(id)),
    'acknowledged orders that are lost',
  ).toEqual([])
  expect(await tenantChecksums('acme', before), 'the rows from before the moves').toEqual(before)
  const reads = await reader.stop()
  expect(reads.responses).toBeGreaterThan(20)
  expect(reads.failures, 'responses that were not a page').toEqual([])
  expect(reads.longestMs).toBeLessThan(5_000)
})

test('an operator who is removed loses access to every page and stream of the console', async ({
  page,
}) => {
  const { pages, routes } = routeInventory(process.cwd())
  const [run] = await queryAsAdmin<{ id: string }>(
    `insert into tenancy.migration_runs (id, requested_by, state, options, ended_at) values (gen_random_uuid(), 'test', 'done', '{}', now()) returning id`,
  )
  const [move] = await queryAsAdmin<{ id: string }>(
    `select m.id from tenancy.moves as m join tenancy.tenants as t on t.id = m.tenant_id where t.slug = 'acme' and m.state = 'cleaned' limit 1`,
  )
  const all = [...pages, ...routes]
    .map(({ path }) => path)
    .filter((path) => path.startsWith('/console'))
    .map((path) =>
      path
        .replace('[slug]', 'acme')
        .replace('runs/[id]', `runs/${run?.id}`)
        .replace('moves/[id]', `moves/${move?.id}`),
    )
  expect(all.length).toBeGreaterThan(15)
  const statuses = async () => {
    const lines: string[] = []
    for (const path of all)
      lines.push(`${path} ${(await page.request.get(path, { maxRedirects: 0 })).status()}`)
    return lines
  }
  const sam = `(select id from platform.users where email = 'sam@both.example')`
  await signIn(page, 'sam@both.example')
  expect(await statuses(), 'before').toEqual(all.map((path) => `${path} 404`))
  await queryAsAdmin(`insert into platform.operators (user_id, added_by) values (${sam}, 'test')`)
  expect(await statuses(), 'as an operator').toEqual(all.map((path) => `${path} 200`))
  await queryAsAdmin(`delete from platform.operators where user_id = ${sam}`)
  expect(await statuses(), 'after').toEqual(all.map((path) => `${path} 404`))
})

test('support reads, and writes once that is allowed; the tenant sees all of it', async ({
  page,
  browser,
}, info) => {
  await signIn(page, operator)
  await page.goto('/console/tenants/globex')
  await page.getByRole('button', { name: 'Enter as support…' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('They cannot find an order')
  await page.getByRole('dialog').getByRole('button', { name: 'Enter' }).click()
  const banner = page.getByLabel('Support access')
  await expect(banner).toContainText(
    'You are in Globex as support, read-only: They cannot find an order · 30 min left',
  )
  await expect(page.getByRole('link', { name: 'New order' })).toHaveCount(0)
  await page.goto('/customers')
  await expect(banner).toBeVisible()
  await expect(page.getByRole('button', { name: 'New customer' })).toHaveCount(0)
  await takeScreenshot(page, 'console-support', info)
  await banner.getByRole('button', { name: 'Allow writing…' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('They asked us to add it')
  await page.getByRole('dialog').getByRole('button', { name: 'Allow writing' }).click()
  await expect(banner).toContainText('and may write')
  await page.getByRole('button', { name: 'New customer' }).click()
  await page.getByLabel('Name').fill('Added by support')
  await page.getByRole('button', { name: 'Create customer' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Added by support')
  await banner.getByRole('button', { name: 'Leave' }).click()
  await page.waitForURL(/console/)
  expect((await page.request.get('/customers', { maxRedirects: 0 })).status()).not.toBe(200)
  const grace = await (await browser.newContext()).newPage()
  await signIn(grace, 'grace@globex.example')
  await grace.goto('/activity')
  await expect(grace.getByText(/came in as support:/).first()).toContainText(
    'They cannot find an order',
  )
  await expect(grace.getByText(/acted as support:/).first()).toBeVisible()
})

test('an altered row of the audit trail is detected', async ({ page }, info) => {
  await signIn(page, operator)
  await page.goto('/console/audit')
  const verify = page.getByRole('button', { name: 'Verify the chain' })
  await verify.click()
  await expect(page.getByText('rows are what was written')).toBeVisible()
  const [row] = await queryAsAdmin<{ seq: string; detail: unknown }>(
    `select seq, detail from tenancy.audit where action = 'support access begun' order by seq desc limit 1`,
  )
  if (!row) throw new Error('there is no support access; the test before this one makes it')
  await queryAsAdmin(`update tenancy.audit set detail = '{"reason": "none"}' where seq = $1`, [
    row.seq,
  ])
  try {
    await verify.click()
    await expect(page.getByText(`Row ${row.seq} was altered`)).toContainText(
      'It now says “support access begun” by olivia@rowhouse.example',
    )
    await page.getByRole('link', { name: `Row ${row.seq}` }).click()
    await page.waitForURL(/mark=/)
    await expect(page.getByRole('row').nth(1)).toContainText('support access begun')
    await takeScreenshot(page, 'console-audit-altered', info)
  } finally {
    await queryAsAdmin('update tenancy.audit set detail = $2 where seq = $1', [
      row.seq,
      JSON.stringify(row.detail),
    ])
  }
  await verify.click()
  await expect(page.getByText('rows are what was written')).toBeVisible()
})
