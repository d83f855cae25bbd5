import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { withTenant } from '#db/door'
import type { Inhabitant } from '#db/isolation/testing/world'
import type { Moment } from '#db/move/moments'
import { requestMove } from '#db/move/request'
import { leave, serviceOf, settleIn } from '#db/move/testing/world'
import { reached, WorkerProcess } from '#db/move/testing/worker'
import { closePools } from '#db/pools'

const made: Inhabitant[] = []
afterAll(async () => {
  await leave(made)
  await closePools()
})

const cases: [Moment, 'schema' | 'database'][] = [['in a chunk', 'schema'], ['fence taken', 'schema'], ['in the switch', 'schema'], ['source fenced', 'database'], ['target opened', 'database'], ['switched', 'database']]

test.each(cases)('the app is killed while the mover is at: %s, on the way to a %s', async (moment, to) => {
  const tenant = await settleIn('shared', 'app', 20)
  made.push(tenant)
  const app = spawn(process.execPath, ['db/move/testing/app.ts', tenant.owner.token, tenant.id, tenant.owner.actor.id ?? ''], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [sent, acknowledged] = [new Set<string>(), new Set<string>()]
  createInterface({ input: app.stdout }).on('line', (line) => void (line.startsWith('wrote ') && acknowledged.add(line.replace('wrote ', '')))) // others are its log
  const feeding = setInterval(() => {
    const word = `w${sent.size}`
    sent.add(word)
    app.stdin.write(`${word}\n`)
  }, 20)
  app.stdin.on('error', () => clearInterval(feeding)) // it is dead by then
  const worker = new WorkerProcess({ how: 'stop', moment })
  try {
    const move = await requestMove({ tenantId: tenant.id, to, actor: 'test', reason: 'test' })
    await worker.struck(moment)
    app.kill('SIGKILL')
    clearInterval(feeding)
    worker.wake()
    await reached(move, ['switched'], worker)
  } finally {
    clearInterval(feeding)
    app.kill('SIGKILL')
    await worker.end('SIGKILL')
  }
  const { rows } = await withTenant(serviceOf(tenant.id), (tx) => tx.execute<{ subject: string }>(sql`select subject from activity where actor = 'app'`))
  const there = rows.map(({ subject }) => subject)
  expect(acknowledged.size).toBeGreaterThan(0)
  expect([...acknowledged].filter((word) => !there.includes(word))).toEqual([])
  expect(there.filter((word) => !sent.has(word))).toEqual([])
  expect(new Set(there).size).toBe(there.length)
})
