import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { connected } from '#db/connect'
import { withTenant } from '#db/door'
import * as exports from '#db/export/exports'
import { pathOf } from '#db/export/files'
import { check, removeRemains } from '#db/import/import'
import { fingerprint } from '#db/import/testing/archives'
import { inhabitant, type Inhabitant } from '#db/isolation/testing/world'
import { WorkerProcess } from '#db/move/testing/worker'
import { platform } from '#db/registry'
import { setRule } from '#db/retention/rules'
import { runRetentionOf } from '#db/retention/run'
import { decide } from '#db/retention/runs'

const admin = (text: string) =>
  connected(
    process.env.DATABASE_URL ?? '',
    async (client) => (await client.query<Record<string, unknown>>(text)).rows,
  )
let one: Inhabitant
let neighbour: Inhabitant

async function until(what: string, done: () => Promise<boolean>, withinMs = 90_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await done()); await sleep(20))
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`)
}

beforeAll(async () => {
  process.env.EXPORT_DIR = await mkdtemp(join(tmpdir(), 'rowhouse-killed-'))
  one = await inhabitant('shared', 'one', 20_000)
  neighbour = await inhabitant('shared', 'neighbour', 50)
})

describe('kill -9', () => {
  it('of a worker in an export: the next one makes it whole', async () => {
    const before = await fingerprint(one.id)
    const { id } = await exports.request(platform(), one.id, 'test')
    const row = async () =>
      (await exports.list(platform(), one.id)).find((each) => each.id === id) ?? {
        state: 'gone',
        rowsDone: 0,
      }
    const first = new WorkerProcess()
    await until('the export is half way', async () => (await row()).rowsDone > 0)
    await first.end('SIGKILL')
    expect((await row()).state).toBe('running')
    const second = new WorkerProcess()
    await until('the export is done', async () => (await row()).state === 'done')
    await second.end()
    const { rows, manifest } = await check(pathOf(one.id, id))
    expect(
      Object.fromEntries(manifest.tables.map((table) => [table.name, String(table.rows)])),
    ).toEqual(
      Object.fromEntries(
        Object.entries(before).map(([name, print]) => [name, print.split(' ')[0]]),
      ),
    )
    expect(rows).toBeGreaterThan(60_000)
  })

  it('of an import: nothing is left of it', async () => {
    const [done] = await exports.list(platform(), one.id)
    const id = done?.id ?? ''
    const counts = () =>
      admin(
        `select (select count(*) from platform.tenants) as tenants, (select count(*) from tenancy.residents) as residents, (select count(*) from shared.orders) as orders, (select count(*) from platform.placements) as places`,
      )
    const before = await counts()
    const command = spawn(
      process.execPath,
      [
        'db/cli/main.ts',
        'tenant',
        'import',
        pathOf(one.id, id),
        '--as',
        'never',
        '--owner',
        'nobody@x.example',
        '--tier',
        'starter',
      ],
      { stdio: 'ignore' },
    )
    await until(
      'rows are being loaded',
      async () =>
        (await admin('select from platform.imports where rows_done > 0 and ended_at is null'))
          .length > 0,
    )
    command.kill('SIGKILL')
    await once(command, 'exit')
    await admin(`update platform.imports set seen_at = now() - interval '2 minutes'`)
    expect(await removeRemains()).toBe(1)
    expect(await counts()).toEqual(before)
  })

  it('of a worker in a retention run: the rows of the plan go, and no other', async () => {
    const inside = <T>(text: string) =>
      withTenant(
        { kind: 'service', tenantId: one.id, reason: 'test' },
        async (tx) => (await tx.execute(sql.raw(text))).rows as T[],
      )
    const others = await fingerprint(neighbour.id)
    await inside(`update orders set placed_at = now() - interval '900 days' where number <= 13000`)
    await setRule(platform(), {
      tenantId: one.id,
      tier: 'starter',
      table: 'orders',
      days: 800,
      by: 'test',
    })
    const run = await runRetentionOf(one.id)
    await decide(platform(), one.id, run.id, true, 'test')
    const state = async () =>
      (
        await admin(
          `select state, (steps->0->>'deleted')::int as deleted from platform.retention_runs where id = '${run.id}'`,
        )
      )[0]
    const first = new WorkerProcess()
    await until('rows are going', async () => Number((await state())?.deleted) > 0)
    await first.end('SIGKILL')
    expect((await state())?.state).toBe('running')
    const second = new WorkerProcess()
    await until('the run is done', async () => (await state())?.state === 'done')
    await second.end()
    expect(await state()).toEqual({ state: 'done', deleted: 12_000 })
    expect(
      await inside(`select count(*)::int as left, min(number)::int as first from orders`),
    ).toEqual([{ left: 8000, first: 13_001 }])
    expect(await fingerprint(neighbour.id)).toEqual(others)
  })
})
