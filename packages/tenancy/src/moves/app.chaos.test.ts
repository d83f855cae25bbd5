import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { withTenant } from '#db/door'
import type { Inhabitant } from '#db/isolation/testing/world'
import { requestConfirm, requestMove } from '#db/move/request'
import { afterSwitch, momentsOf } from '#db/move/testing/killing'
import { directions, leave, requestTo, serviceOf, settleIn } from '#db/move/testing/world'
import { reached, WorkerProcess } from '#db/move/testing/worker'
import { closePools } from '#db/pools'

const made: Inhabitant[] = []
afterAll(async () => {
  await leave(made)
  await closePools()
})

const cases = directions.flatMap(([from, to]) =>
  momentsOf(from, to).map((moment) => [from, to, moment] as const),
)

test.each(cases)(
  'from %s to %s, the app is killed while the mover is at: %s',
  async (from, to, moment) => {
    const tenant = await settleIn(from, 'app', 20)
    made.push(tenant)
    const app = spawn(
      process.execPath,
      ['db/move/testing/app.ts', tenant.owner.token, tenant.id, tenant.owner.actor.id ?? ''],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    const [sent, acknowledged] = [new Set<string>(), new Set<string>()]
    createInterface({ input: app.stdout }).on(
      'line',
      (line) => void (line.startsWith('wrote ') && acknowledged.add(line.replace('wrote ', ''))),
    ) // others are its log
    const feeding = setInterval(() => {
      const word = `w${sent.size}`
      sent.add(word)
      app.stdin.write(`${word}\n`)
    }, 20)
    app.stdin.on('error', () => clearInterval(feeding)) // it is dead by then
    for (const until = Date.now() + 20_000; acknowledged.size === 0 && Date.now() < until;)
      await sleep(20)
    const worker = new WorkerProcess({ how: 'stop', moment })
    try {
      const move = await requestMove(await requestTo(to, tenant.id))
      if (afterSwitch.includes(moment)) {
        await reached(move, ['switched'], worker)
        await requestConfirm(tenant.id, tenant.slug, 'test')
      }
      await worker.struck(moment)
      app.kill('SIGKILL')
      clearInterval(feeding)
      worker.wake()
      await reached(move, afterSwitch.includes(moment) ? ['cleaned'] : ['switched'], worker)
    } finally {
      clearInterval(feeding)
      app.kill('SIGKILL')
      await worker.end('SIGKILL')
    }
    const { rows } = await withTenant(serviceOf(tenant.id), (tx) =>
      tx.execute<{ subject: string }>(sql`select subject from activity where actor = 'app'`),
    )
    const there = rows.map(({ subject }) => subject)
    expect(acknowledged.size).toBeGreaterThan(0)
    expect([...acknowledged].filter((word) => !there.includes(word))).toEqual([])
    expect(there.filter((word) => !sent.has(word))).toEqual([])
    expect(new Set(there).size).toBe(there.length)
  },
)
