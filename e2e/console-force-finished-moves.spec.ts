import { expect, test } from '@playwright/test'
import { newId, encrypt } from '@rowhouse/tenancy'
import { queryAsAdmin } from './database'
import { checkA11y, checkWidth, submitDialog, takeScreenshot, signIn } from './fixtures'
import { tenancy } from '#db/tenancy'

test.beforeEach(({ page }) => signIn(page, 'olivia@rowhouse.example'))

test(
  'a confirmed move whose old server is lost is force-finished, and names the copy that remains',
  { tag: '@phone' },
  async ({ page }, info) => {
    const [server, move] = [newId(), newId()]
    const lostSource = {
      kind: 'database',
      serverId: server,
      database: 'old',
      schema: 'old',
      login: null,
      secret: null,
      epoch: 1,
    }
    await queryAsAdmin(
      `insert into tenancy.servers (id, name, host, port, migrator_secret, worker_secret) values ($1, 'gone', '127.0.0.1', 1, $2, $3)`,
      [
        server,
        encrypt(tenancy(), 'x', `server ${server} migrator`),
        encrypt(tenancy(), 'x', `server ${server} worker`),
      ],
    )
    try {
      await queryAsAdmin(
        `insert into tenancy.moves (id, tenant_id, state, source, target, tier_from, tier_to, requested_by, reason)
      select $1, p.tenant_id, 'confirmed', $2, jsonb_build_object('kind', p.kind, 'serverId', null, 'database', null, 'schema', p.schema, 'login', null, 'secret', null, 'epoch', p.epoch), 'enterprise', 'starter', 'test', 'Their server burnt down'
      from tenancy.placements as p join tenancy.tenants as t on t.id = p.tenant_id where t.slug = 'globex'`,
        [move, JSON.stringify(lostSource)],
      )
      await page.goto(`/console/moves/${move}`)
      await expect(page.getByText(/^will retry: connect ECONNREFUSED/)).toBeVisible({
        timeout: 90_000,
      })
      await checkA11y(page)
      await checkWidth(page, 'console-move-stuck', info)
      await page.getByRole('button', { name: 'Force finish…' }).click()
      await page.emulateMedia({ colorScheme: 'dark' })
      await checkA11y(page)
      await takeScreenshot(page, 'console-move-stuck-dark', info)
      await page.emulateMedia({ colorScheme: 'light' })
      await page.keyboard.press('Escape')
      await takeScreenshot(page, 'console-move-stuck', info)
      await submitDialog(page, 'Force finish…', {}, 'Force finish')
      await expect(
        page.getByText(
          'Done. Globex is Starter, and the old copy remains on a server that could not be reached.',
        ),
      ).toBeVisible({ timeout: 60_000 })
      await expect(page.getByText('source copy at 127.0.0.1:1/old, schema old')).toBeVisible()
    } finally {
      await queryAsAdmin('delete from tenancy.moves where id = $1', [move])
      await queryAsAdmin('delete from tenancy.servers where id = $1', [server])
    }
  },
)

test(
  'a force-finished move is resumed, and then offers no further action',
  { tag: '@phone' },
  async ({ page }, info) => {
    const move = newId()
    await queryAsAdmin(
      `insert into tenancy.moves (id, tenant_id, state, source, target, tier_from, tier_to, requested_by, reason, abort_by, force_finish_by, error)
    select $1, p.tenant_id, 'aborted', jsonb_build_object('kind', p.kind, 'serverId', null, 'database', null, 'schema', p.schema, 'login', null, 'secret', null, 'epoch', p.epoch), $2, 'starter', 'business', 'test', 'Their own schema', 'test', 'test', 'aborted by test'
    from tenancy.placements as p join tenancy.tenants as t on t.id = p.tenant_id where t.slug = 'globex'`,
      [
        move,
        JSON.stringify({
          kind: 'schema',
          serverId: null,
          database: null,
          schema: 't_gone',
          login: null,
          secret: null,
          epoch: 0,
        }),
      ],
    )
    try {
      await queryAsAdmin(
        `insert into tenancy.move_events (move_id, event, side, location, detail) values ($1, 'orphaned', 'target', '127.0.0.1:1/t_gone, schema t_gone', 'connect ECONNREFUSED')`,
        [move],
      )
      await page.goto(`/console/moves/${move}`)
      await expect(
        page.getByText('the new copy remains on a server that could not be reached'),
      ).toBeVisible()
      await checkA11y(page)
      await page.getByRole('button', { name: 'Resume…' }).click()
      await checkWidth(page, 'console-move-left', info)
      await page.emulateMedia({ colorScheme: 'dark' })
      await checkA11y(page)
      await takeScreenshot(page, 'console-move-left-dark', info)
      await page.emulateMedia({ colorScheme: 'light' })
      await takeScreenshot(page, 'console-move-left', info)
      await page.keyboard.press('Escape')
      await submitDialog(page, 'Resume…', {}, 'Resume')
      await expect(
        page.getByText(
          'Aborted by test. Globex never left its old location, and the new copy is removed.',
        ),
      ).toBeVisible({ timeout: 60_000 })
      await expect(page.getByRole('button', { name: 'Resume…' })).toHaveCount(0)
      await expect(page.getByText('aborted', { exact: true })).toBeVisible()
    } finally {
      await queryAsAdmin('delete from tenancy.moves where id = $1', [move])
    }
  },
)
