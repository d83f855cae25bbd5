import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { requestMove } from '#tenancy/moves/requests'
import {
  appFile,
  perform,
  removeTenants,
  mainAdmin,
  serviceOf,
  createTenantIn,
} from '#tenancy/testing/moves/fixture'
import { closePools } from '#tenancy/registry/pools'

const made: TestTenant[] = []
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})

test(
  'an app frozen during the switch, with a stale registry cache, writes to the new location and never to the old one',
  { timeout: 60_000 },
  async () => {
    const tenant = await createTenantIn('shared', 'frozen', 10)
    made.push(tenant)
    const app = spawn(
      process.execPath,
      [appFile, tenant.owner.token, tenant.id, tenant.owner.actor.id ?? ''],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    const answers = createInterface({ input: app.stdout })[Symbol.asyncIterator]()
    try {
      app.stdin.write('before\n')
      expect((await answers.next()).value).toBe('wrote before')
      app.kill('SIGSTOP')
      expect(
        await perform(
          await requestMove(tenancy(), {
            tenantId: tenant.id,
            to: 'database',
            actor: 'test',
            reason: 'test',
          }),
        ),
      ).toMatchObject({ state: 'switched' })
      app.stdin.write('late\n')
      app.kill('SIGCONT')
      expect((await answers.next()).value).toBe('wrote late')
    } finally {
      app.kill('SIGKILL')
    }
    const written = sql`select title from notes where body = 'app' order by created_at`
    const { rows } = await withTenant(serviceOf(tenant.id), (tx) => tx.execute(written))
    expect(rows).toEqual([{ title: 'before' }, { title: 'late' }])
    const old = await withConnection(mainAdmin(), (client) =>
      client.query(`select title from shared.notes where body = 'app' and tenant_id = $1`, [
        tenant.id,
      ]),
    )
    expect(old.rows).toEqual([{ title: 'before' }])
  },
)
