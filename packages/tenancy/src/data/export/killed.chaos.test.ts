import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { engineFile } from '#tenancy/base/files'
import * as exports from '#tenancy/data/export/exports'
import { pathOf } from '#tenancy/data/export/files'
import { checkArchive, deleteInterruptedImports } from '#tenancy/data/import/import-tenant'
import { setRule } from '#tenancy/data/retention/rules'
import { runRetentionFor } from '#tenancy/data/retention/run-retention'
import { decideRetentionRun } from '#tenancy/data/retention/retention-runs'
import { fingerprint } from '#tenancy/testing/archives'
import { platform, tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import { createTestTenant, type TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { WorkerProcess } from '#tenancy/testing/moves/worker'

const admin = (text: string) =>
  withConnection(
    process.env.DATABASE_URL ?? '',
    async (client) => (await client.query<Record<string, unknown>>(text)).rows,
  )
let one: TestTenant
let neighbour: TestTenant

async function until(what: string, done: () => Promise<boolean>, withinMs = 90_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await done()); await sleep(20))
    if (Date.now() > end) throw new Error(`timed out waiting until ${what}`)
}

beforeAll(async () => {
  process.env.EXPORT_DIR = await mkdtemp(join(tmpdir(), 'rowhouse-killed-'))
  one = await createTestTenant('shared', 'one', 40_000)
  neighbour = await createTestTenant('shared', 'neighbour', 50)
})

describe('kill -9', () => {
  it('of a worker during an export: the next worker completes it', async () => {
    const before = await fingerprint(tenancy(), one.id)
    const { id } = await exports.request(platform(), one.id, 'test')
    const row = async () =>
      (await exports.list(platform(), one.id)).find((each) => each.id === id) ?? {
        state: 'gone',
        rowsDone: 0,
      }
    const first = new WorkerProcess()
    await until('the export has written rows', async () => (await row()).rowsDone > 0)
    await first.end('SIGKILL')
    expect((await row()).state).toBe('running')
    const second = new WorkerProcess()
    await until('the export is done', async () => (await row()).state === 'done')
    await second.end()
    const { rows, manifest } = await checkArchive(tenancy(), pathOf(tenancy(), one.id, id))
    expect(
      Object.fromEntries(manifest.tables.map((table) => [table.name, String(table.rows)])),
    ).toEqual(
      Object.fromEntries(
        Object.entries(before).map(([name, print]) => [name, print.split(' ')[0]]),
      ),
    )
    expect(rows).toBe(120_000)
  })

  it('of an import: nothing of it remains', async () => {
    const [done] = await exports.list(platform(), one.id)
    const id = done?.id ?? ''
    const counts = () =>
      admin(
        `select (select count(*) from tenancy.tenants) as tenants, (select count(*) from tenancy.tenant_homes) as homes, (select count(*) from shared.notes) as notes, (select count(*) from tenancy.placements) as places`,
      )
    const before = await counts()
    const importer = spawn(
      process.execPath,
      [
        engineFile('src', 'testing', 'import-main.ts'),
        pathOf(tenancy(), one.id, id),
        'never',
        one.owner.actor.id ?? '',
      ],
      { stdio: 'ignore' },
    )
    await until(
      'rows are being loaded',
      async () =>
        (await admin('select from tenancy.imports where rows_done > 0 and ended_at is null'))
          .length > 0,
    )
    importer.kill('SIGKILL')
    await once(importer, 'exit')
    await admin(`update tenancy.imports set seen_at = now() - interval '2 minutes'`)
    expect(await deleteInterruptedImports(tenancy())).toBe(1)
    expect(await counts()).toEqual(before)
  })

  it('of a worker during a retention run: the planned rows are deleted, and no others', async () => {
    const inside = <T>(text: string) =>
      withTenant(
        { kind: 'service', tenantId: one.id, reason: 'test' },
        async (tx) => (await tx.execute(sql.raw(text))).rows as T[],
      )
    const others = await fingerprint(tenancy(), neighbour.id)
    await inside(`update notes set created_at = now() - interval '900 days' where number <= 13000`)
    await setRule(tenancy(), platform(), {
      tenantId: one.id,
      tier: 'starter',
      table: 'notes',
      days: 800,
      by: 'test',
    })
    const run = await runRetentionFor(tenancy(), one.id)
    await decideRetentionRun(platform(), {
      tenantId: one.id,
      runId: run.id,
      confirm: true,
      by: 'test',
    })
    const state = async () =>
      (
        await admin(
          `select state, (steps->0->>'deleted')::int as deleted from tenancy.retention_runs where id = '${run.id}'`,
        )
      )[0]
    const first = new WorkerProcess()
    await until('rows are being deleted', async () => Number((await state())?.deleted) > 0)
    await first.end('SIGKILL')
    expect((await state())?.state).toBe('running')
    const second = new WorkerProcess()
    await until('the run is done', async () => (await state())?.state === 'done')
    await second.end()
    expect(await state()).toEqual({ state: 'done', deleted: 12_000 })
    expect(
      await inside(`select count(*)::int as left, min(number)::int as first from notes`),
    ).toEqual([{ left: 28_000, first: 13_001 }])
    expect(await fingerprint(tenancy(), neighbour.id)).toEqual(others)
  })
})
