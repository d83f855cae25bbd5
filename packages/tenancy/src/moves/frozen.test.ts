import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { connected } from '#db/connect'
import { withTenant } from '#db/door'
import type { Inhabitant } from '#db/isolation/testing/world'
import { requestMove } from '#db/move/request'
import { driven, leave, mainAdmin, serviceOf, settleIn } from '#db/move/testing/world'
import { closePools } from '#db/pools'

const made: Inhabitant[] = []
afterAll(async () => {
  await leave(made)
  await closePools()
})

test(
  'an app that was frozen over the switch, and holds an old registry, writes to the new place and never to the old',
  { timeout: 60_000 },
  async () => {
    const tenant = await settleIn('shared', 'frozen', 10)
    made.push(tenant)
    const app = spawn(
      process.execPath,
      ['db/move/testing/app.ts', tenant.owner.token, tenant.id, tenant.owner.actor.id ?? ''],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    const answers = createInterface({ input: app.stdout })[Symbol.asyncIterator]()
    try {
      app.stdin.write('before\n')
      expect((await answers.next()).value).toBe('wrote before')
      app.kill('SIGSTOP')
      expect(
        await driven(
          await requestMove({ tenantId: tenant.id, to: 'database', actor: 'test', reason: 'test' }),
        ),
      ).toMatchObject({ state: 'switched' })
      app.stdin.write('late\n')
      app.kill('SIGCONT')
      expect((await answers.next()).value).toBe('wrote late')
    } finally {
      app.kill('SIGKILL')
    }
    const written = sql`select subject from activity where actor = 'app' order by at`
    const { rows } = await withTenant(serviceOf(tenant.id), (tx) => tx.execute(written))
    expect(rows).toEqual([{ subject: 'before' }, { subject: 'late' }])
    const old = await connected(mainAdmin(), (client) =>
      client.query(`select subject from shared.activity where actor = 'app' and tenant_id = $1`, [
        tenant.id,
      ]),
    )
    expect(old.rows).toEqual([{ subject: 'before' }])
  },
)
