import { readFileSync } from 'node:fs'
import { expect, test, type Page } from '@playwright/test'
import { queryAsAdmin } from './database'
import { checkA11y, submitDialog, takeScreenshot, signIn } from './fixtures'

const operator = 'olivia@rowhouse.example'

test.beforeEach(({ page }) => signIn(page, operator))

async function requestTier(page: Page, slug: string, name: string, tier: string) {
  await page.goto(`/console/tenants/${slug}/tier`)
  await page.getByRole('radio', { name: tier }).check()
  await expect(page.getByLabel('What it means')).toContainText('rows')
  await page.getByLabel('Reason').fill('They want a dedicated role')
  await page.getByRole('button', { name: `Move ${name} to ${tier}` }).click()
  await page.waitForURL(/moves\//)
}

const workerPid = () => Number(readFileSync(process.env.E2E_WORKER_PID ?? '', 'utf8'))

test('the progress of a move survives a reload, a second tab, a killed worker and a lost stream', async ({
  page,
  context,
}, info) => {
  test.setTimeout(180_000)
  const killed = workerPid()
  process.kill(killed, 'SIGSTOP')
  try {
    await requestTier(page, 'globex', 'Globex', 'Business')
    await expect(page.getByRole('status').first()).toHaveText('Requested')
    await expect(page.getByText('Live', { exact: true })).toBeVisible()
    await page.reload()
    const second = await context.newPage()
    await second.route('**/stream', (route) => route.abort())
    await second.goto(page.url())
    await expect(second.getByText('Live, by asking again')).toBeVisible()
    await expect(second.getByRole('status').first()).toHaveText('Requested')
    process.kill(killed, 'SIGCONT')
    const state = async () =>
      (
        await queryAsAdmin<{ state: string }>(
          'select state from tenancy.moves order by requested_at desc limit 1',
        )
      )[0]?.state
    await expect
      .poll(state, { intervals: [10], timeout: 30_000 })
      .toMatch(/copied|indexed|caught_up|verified|switched/)
    process.kill(killed, 'SIGSTOP')
    for (const tab of [page, second])
      await expect(
        tab.getByRole('region', { name: 'Steps' }).getByText('Rows copied, done'),
      ).toBeVisible()
    await takeScreenshot(page, 'console-move-midway', info)
    process.kill(killed, 'SIGKILL')
    await expect.poll(workerPid, { timeout: 30_000 }).not.toBe(killed)
    for (const tab of [page, second])
      await expect(tab.getByRole('button', { name: 'Confirm…' })).toBeVisible({ timeout: 60_000 })
    await expect(second.getByRole('region', { name: 'Steps' }).getByText(', done')).toHaveCount(8)
    await takeScreenshot(second, 'console-move-polled', info)
  } finally {
    if (workerPid() === killed) process.kill(killed, 'SIGCONT')
  }
  await submitDialog(
    page,
    'Roll back…',
    { Reason: 'They want to stay with the others' },
    'Roll back',
  )
  const first = page.url()
  await page.waitForURL((url) => url.toString() !== first)
  await expect(page.getByText('Done. Globex is Starter')).toBeVisible({ timeout: 60_000 })
  await page.goto(first)
  await expect(page.getByText('Rolled back by another move')).toBeVisible()
})

test('a move aborted before it started is shown as aborted everywhere, not as failed', async ({
  page,
}) => {
  const held = workerPid()
  process.kill(held, 'SIGSTOP')
  try {
    await requestTier(page, 'globex', 'Globex', 'Business')
    await submitDialog(page, 'Abort…', {}, 'Abort')
    await expect(
      page.getByText(`${operator} is aborting this move. It stops at its next step.`),
    ).toBeVisible()
  } finally {
    process.kill(held, 'SIGCONT')
  }
  await expect(
    page.getByText(`Aborted by ${operator}. Globex never left its old location`),
  ).toBeVisible({
    timeout: 60_000,
  })
  await expect(page.getByRole('status').first()).toHaveText('Aborted')
  await page.goto('/console/moves')
  await expect(page.getByRole('row', { name: /Globex/ }).first()).toContainText(
    new RegExp(`Aborted\\s*by ${operator}`),
  )
  await page.goto('/console/tenants/globex')
  await expect(page.getByRole('region', { name: 'Moves' }).getByRole('row').nth(1)).toContainText(
    'Aborted',
  )
  await page.goto('/console')
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
  await expect(page.getByText('The move of Globex failed')).toHaveCount(0)
})

test('a fleet run stops when its canary fails, and the rest runs once that is fixed', async ({
  page,
}, info) => {
  test.setTimeout(120_000)
  const [placement] = await queryAsAdmin<{ schema: string }>(
    `select p.schema from tenancy.placements as p join tenancy.tenants as t on t.id = p.tenant_id where t.slug = 'initech'`,
  )
  const ledger = await queryAsAdmin<{
    migration: string
    sha256: string
    applied_at: string
    took_ms: number
  }>(
    'select migration, sha256, applied_at::text, took_ms from tenancy.applied_migrations where schema = $1',
    [placement?.schema],
  )
  await queryAsAdmin('delete from tenancy.applied_migrations where schema = $1', [
    placement?.schema,
  ])
  try {
    await page.goto('/console/fleet')
    await expect(page.getByRole('region', { name: 'Plan of the next run' })).toContainText(
      'for 1 target',
    )
    await page.goto('/console/fleet?show=off')
    await expect(page.getByRole('row', { name: /initech/ })).toContainText('Behind')
    await submitDialog(page, 'Start a run…', { Canaries: 'initech' }, 'Start')
    await page.waitForURL(/fleet\/runs\//)
    await expect(page.getByText(/canaries initech/)).toBeVisible()
    await expect(
      page.getByRole('region', { name: 'Failures' }).getByRole('row', { name: /initech/ }),
    ).toContainText('already exists', { timeout: 60_000 })
    await checkA11y(page)
    await takeScreenshot(page, 'console-fleet-run-failed', info)
    await page.goto('/console')
    await expect(page.getByRole('region', { name: 'Needs attention' })).toContainText(
      'The last fleet run was stopped, with 1 failure',
    )
  } finally {
    for (const row of ledger)
      await queryAsAdmin(
        'insert into tenancy.applied_migrations (schema, migration, sha256, applied_at, took_ms) values ($1, $2, $3, $4, $5)',
        [placement?.schema, row.migration, row.sha256, row.applied_at, row.took_ms],
      )
  }
  await page.getByRole('link', { name: /The last fleet run was stopped/ }).click()
  await page.getByRole('button', { name: 'Run what is left' }).click()
  await expect(page.getByText(/Asked for by olivia@rowhouse.example\.$/)).toBeVisible()
  await expect(page.getByRole('status').first()).toHaveText('Done', { timeout: 60_000 })
  await page.goto('/console')
  await expect(page.getByText(/The last fleet run (was stopped|failed)/)).toHaveCount(0)
})

test('a tenant can have its own limits, and a dry run shows those of the new tier', async ({
  page,
}, info) => {
  await page.goto('/console/tenants/globex')
  await submitDialog(
    page,
    'Change…',
    { 'Transactions at a time': '5000', Reason: 'They import tonight' },
    'Set the limits',
  )
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('Type a whole number from 1 to 1,000')).toBeVisible()
  await dialog.getByLabel('Transactions at a time').fill('4')
  await dialog.getByRole('button', { name: 'Set the limits' }).click()
  const limits = page.getByRole('region', { name: 'Limits' })
  await expect(limits).toContainText('4its own; the tier has 2')
  await expect(page.getByRole('region', { name: 'Audit' })).toContainText('They import tonight')
  await page.goto('/console/tenants/globex/tier')
  await page.getByRole('radio', { name: 'Business' }).check()
  const plan = page.getByLabel('What it means')
  await expect(plan.getByLabel('Limits')).toContainText('Requests a minute600 → 3,000')
  // its own limit stays after a change of tier
  await expect(plan.getByLabel('Limits')).toContainText('Transactions at a time4')
  await checkA11y(page)
  await takeScreenshot(page, 'console-tier-plan', info)
  await page.goto('/console/tenants/globex')
  await submitDialog(
    page,
    'Change…',
    { 'Transactions at a time': '', Reason: 'Done' },
    'Set the limits',
  )
  await expect(limits).not.toContainText('its own')
})

test('a tenant is exported and put on hold, and is erased only after its name is typed and a week has passed', async ({
  page,
}, info) => {
  await page.goto('/console/tenants/globex')
  const data = page.getByRole('region', { name: 'Data' })
  await submitDialog(page, 'Export…', { Reason: 'They asked by letter' }, 'Export')
  await expect(data).toContainText('done', { timeout: 30_000 })
  await submitDialog(page, 'Legal hold…', { Reason: 'A court asks' }, 'Hold')
  await expect(data).toContainText('On legal hold')
  await expect(data.getByRole('button', { name: 'Erase…' })).toHaveCount(0)
  await submitDialog(page, 'Lift the hold…', { Reason: 'The court is done' }, 'Lift the hold')
  await submitDialog(
    page,
    'Erase…',
    { 'Type Globex to confirm': 'globex', Reason: 'They left' },
    'Erase Globex',
  )
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('Type Globex to confirm; this is globex.').first()).toBeVisible()
  await dialog.getByLabel('Type Globex to confirm').fill('Globex')
  await dialog.getByRole('button', { name: 'Erase Globex' }).click()
  await expect(data).toContainText('Globex is erased on')
  await takeScreenshot(page, 'console-tenant-erasure', info)
  await data.getByRole('button', { name: 'Keep Globex' }).click()
  await expect(data.getByRole('button', { name: 'Erase…' })).toBeVisible()
  for (const entry of [
    'export requested',
    'legal hold placed',
    'legal hold lifted',
    'erasure requested',
    'erasure withdrawn',
  ])
    await expect(page.getByRole('region', { name: 'Audit' })).toContainText(entry)
})

test('usage is counted, sorted and charted', async ({ page, browser }, info) => {
  const ada = await (await browser.newContext()).newPage()
  await signIn(ada, 'ada@acme.example')
  for (let i = 0; i < 5; i++) await ada.request.get('/orders')
  await expect(async () => {
    await page.goto('/console/usage?by=transactions')
    await expect(page.getByRole('row', { name: /Acme/ })).toBeVisible({ timeout: 1000 })
  }).toPass({ timeout: 30_000 })
  await page.getByRole('link', { name: 'Errors' }).click()
  await expect(page.getByRole('columnheader', { name: 'Errors' })).toHaveAttribute(
    'aria-sort',
    'descending',
  )
  await page.getByRole('button', { name: /^Period/ }).click()
  await page.getByRole('menuitemradio', { name: 'This hour' }).click()
  await page.waitForURL(/period=hour/)
  await takeScreenshot(page, 'console-usage', info)
  await page.getByRole('link', { name: 'Acme' }).click()
  await page.waitForURL(/tenants\/acme$/)
  await expect(async () => {
    await page.reload()
    await expect(page.getByRole('img', { name: /^Requests by hour: [1-9]/ })).toBeVisible({
      timeout: 1000,
    })
  }).toPass({ timeout: 30_000 })
  await page.goto('/console/tenants?q=acme')
  await expect(page.getByRole('row', { name: /Acme/ })).toContainText(/\d (ms|s|min)/)
})

test('a suspension locks all members out until it is lifted', async ({ page, browser }) => {
  const ines = await (await browser.newContext()).newPage()
  await signIn(ines, 'ines@initech.example')
  await page.goto('/console/tenants/initech')
  await submitDialog(page, 'Suspend…', { Reason: 'They do not pay' }, 'Suspend')
  await expect(page.getByText(/Suspended .* They do not pay/)).toBeVisible()
  expect((await ines.request.get('/orders', { maxRedirects: 0 })).ok()).toBe(false)
  await submitDialog(page, 'Let in again', { Reason: 'They paid' }, 'Let in')
  await expect(page.getByRole('button', { name: 'Suspend…' })).toBeVisible()
  expect((await ines.request.get('/orders', { maxRedirects: 0 })).ok()).toBe(true)
})

test('search, filters and sorting of tenants are in the URL', async ({ page }) => {
  await page.goto('/console/tenants')
  const link = (slug: string) => page.getByRole('row').locator(`a[href="/console/tenants/${slug}"]`)
  await page.getByLabel('Search tenants').fill('b')
  await page.keyboard.press('Enter')
  await page.waitForURL(/q=b/)
  for (const slug of ['acme', 'initech']) await expect(link(slug)).toHaveCount(0)
  for (const slug of ['globex', 'umbrella']) await expect(link(slug)).toHaveCount(1)
  await page.getByRole('button', { name: /^Tier/ }).click()
  await page.getByRole('menuitemradio', { name: 'Enterprise' }).click()
  await page.waitForURL(/tier=enterprise/)
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.getByRole('link', { name: 'Clear' }).click()
  await page.getByRole('link', { name: 'Orders', exact: true }).click()
  await page.waitForURL(/sort=-orders/)
  await expect(page.getByRole('columnheader', { name: 'Orders' })).toHaveAttribute(
    'aria-sort',
    'descending',
  )
})

test('the connection to another server is checked before a move can be requested', async ({
  page,
}) => {
  await page.goto('/console/tenants/globex/tier')
  await page.getByRole('radio', { name: 'Enterprise' }).check()
  await expect(page.getByLabel('What it means')).toContainText('rows')
  await page.getByRole('radio', { name: 'Another server', exact: true }).check()
  const move = page.getByRole('button', { name: 'Move Globex to Enterprise' })
  await expect(move).toBeDisabled()
  await page.getByLabel('Administrator’s URL').fill('postgres://nobody:wrong@127.0.0.1:9/postgres')
  await page.getByRole('button', { name: 'Check connection' }).click()
  await expect(page.getByRole('alert').filter({ hasText: '127.0.0.1:9' })).toBeVisible()
  await expect(move).toBeDisabled()
  await page.getByLabel('Administrator’s URL').fill(process.env.DATABASE_URL ?? '')
  await expect(
    page.getByText('Check the connection to see what the change would mean.'),
  ).toBeVisible()
  await page.getByRole('button', { name: 'Check connection' }).click()
  await expect(page.getByLabel('What it means')).toContainText(
    /Connected: PostgreSQL \d+.*, which is the main server under another name/,
  )
  await expect(move).toBeEnabled()
})
