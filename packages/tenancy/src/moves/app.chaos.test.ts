import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { requestConfirm } from '#tenancy/moves/move-actions'
import { requestMove } from '#tenancy/moves/requests'
import { afterSwitch, failpointsOf } from '#tenancy/testing/moves/killing'
import {
  actionOn,
  appFile,
  directions,
  removeTenants,
  waitForState,
  requestTo,
  serviceOf,
  createTenantIn,
} from '#tenancy/testing/moves/fixture'
import { WorkerProcess } from '#tenancy/testing/moves/worker'
import { closePools } from '#tenancy/registry/pools'

const made: TestTenant[] = []
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})

const cases = directions.flatMap(([from, to]) =>
  failpointsOf(from, to).map((failpoint) => [from, to, failpoint] as const),
)

test.each(cases)(
  'from %s to %s, the app is killed while the worker is at: %s',
  async (from, to, failpoint) => {
    const tenant = await createTenantIn(from, 'app', 20)
    made.push(tenant)
    const app = spawn(
      process.execPath,
      [appFile, tenant.owner.token, tenant.id, tenant.owner.actor.id ?? ''],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    const [sent, acknowledged] = [new Set<string>(), new Set<string>()]
    createInterface({ input: app.stdout }).on(
      'line',
      (line) => void (line.startsWith('wrote ') && acknowledged.add(line.replace('wrote ', ''))),
    ) // other lines are log output
    const feeding = setInterval(() => {
      const word = `w${sent.size}`
      sent.add(word)
      app.stdin.write(`${word}\n`)
    }, 20)
    app.stdin.on('error', () => clearInterval(feeding)) // the process is dead by then
    for (const until = Date.now() + 20_000; acknowledged.size === 0 && Date.now() < until;)
      await sleep(20)
    const worker = new WorkerProcess({ how: 'stop', failpoint })
    try {
      const move = await requestMove(tenancy(), await requestTo(to, tenant.id))
      if (afterSwitch.includes(failpoint)) {
        await waitForState(move, ['switched'], worker)
        await requestConfirm(tenancy(), actionOn(tenant))
      }
      await worker.waitForFailpoint(failpoint)
      app.kill('SIGKILL')
      clearInterval(feeding)
      worker.wake()
      await waitForState(move, afterSwitch.includes(failpoint) ? ['cleaned'] : ['switched'], worker)
    } finally {
      clearInterval(feeding)
      app.kill('SIGKILL')
      await worker.end('SIGKILL')
    }
    const { rows } = await withTenant(serviceOf(tenant.id), (tx) =>
      tx.execute<{ title: string }>(sql`select title from notes where body = 'app'`),
    )
    const there = rows.map(({ title }) => title)
    expect(acknowledged.size).toBeGreaterThan(0)
    expect([...acknowledged].filter((word) => !there.includes(word))).toEqual([])
    expect(there.filter((word) => !sent.has(word))).toEqual([])
    expect(new Set(there).size).toBe(there.length)
  },
)
