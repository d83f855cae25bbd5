import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { and, eq, sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { newId } from '#tenancy/base/ids'
import { openDownload } from '#tenancy/data/export/download'
import * as exports from '#tenancy/data/export/exports'
import { partialPathOf, makeFolder, pathOf, sizeOf } from '#tenancy/data/export/files'
import { runExport } from '#tenancy/data/export/run-export'
import { writeExport } from '#tenancy/data/export/write-export'
import { placementOf } from '#tenancy/registry/placements'
import { filesOf } from '#tenancy/testing/archives'
import { members, people } from '#tenancy/testing/fixture/schema'
import { platform, tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenant,
  memberOf,
  tenantTables,
  type TestTenant,
} from '#tenancy/testing/fixture/test-tenants'

let one: TestTenant
let other: TestTenant
beforeAll(async () => {
  process.env.EXPORT_DIR = await mkdtemp(join(tmpdir(), 'rowhouse-exports-'))
  one = await createTestTenant('shared', 'one', 30)
  other = await createTestTenant('shared', 'other', 30)
})

const ask = () => exports.request(platform(), one.id, 'test')
const row = async (id: string) => (await exports.find(platform(), one.id, id))!
const asAdmin = (statement: string) =>
  withConnection(process.env.DATABASE_URL ?? '', (admin) => admin.query(statement))
/** Keeps every transaction out of the tenant while `work` runs. */
const withTenantLocked = (tenantId: string, work: () => Promise<unknown>) =>
  withConnection(process.env.DATABASE_URL ?? '', async (admin) => {
    await admin.query('begin')
    await admin.query('select pg_advisory_xact_lock(tenancy.lock_key($1))', [tenantId])
    await work()
    await admin.query('commit')
  })

const runDueExports = async () => {
  for (const { id } of await exports.listRunnable(platform())) await runExport(tenancy(), id)
}

describe('an export', () => {
  it('runs one at a time and once, and contains nothing of other tenants', async () => {
    const requested = await ask()
    expect((await ask()).id).toBe(requested.id)
    await Promise.all([
      runExport(tenancy(), requested.id),
      runExport(tenancy(), requested.id),
      runDueExports(),
    ])
    const done = await row(requested.id)
    expect(done).toMatchObject({
      state: 'done',
      bytes: await sizeOf(pathOf(tenancy(), one.id, requested.id)),
    })
    const all = [...(await filesOf(pathOf(tenancy(), one.id, requested.id))).values()].join('\n')
    expect(all).toContain(one.mark)
    for (const foreign of [other.mark, other.id, other.slug]) expect(all).not.toContain(foreign)
    await runExport(tenancy(), requested.id)
    expect(await row(requested.id)).toEqual(done)
  })

  it('whose worker died is restarted by another, but only after its lease has expired', async () => {
    const requested = await ask()
    await exports.acquireLease(platform(), requested.id)
    await makeFolder(tenancy(), one.id)
    const left = partialPathOf(tenancy(), await row(requested.id))
    await writeFile(left, 'an incomplete file')
    await runDueExports()
    expect((await row(requested.id)).state).toBe('running')
    await asAdmin(
      `update tenancy.exports set seen_at = now() - interval '2 minutes' where id = '${requested.id}'`,
    )
    await runDueExports()
    expect(await row(requested.id)).toMatchObject({ state: 'done' })
    expect(await sizeOf(left)).toBeUndefined()
    expect(
      (await readFile(pathOf(tenancy(), one.id, requested.id))).subarray(0, 2).toString(),
    ).toBe('PK')
  })

  it('that another worker has taken over is not changed by the first one when it resumes', async () => {
    const requested = await ask()
    let first: Promise<void> | undefined
    let second: Promise<void> | undefined
    const begun = async (path: () => Promise<string>) => {
      while ((await sizeOf(await path())) === undefined) await sleep(10)
      return path()
    }
    const paths: string[] = []
    await withTenantLocked(one.id, async () => {
      const path = async () => partialPathOf(tenancy(), await row(requested.id))
      first = runExport(tenancy(), requested.id)
      paths.push(await begun(path))
      await asAdmin(
        `update tenancy.exports set seen_at = now() - interval '2 minutes' where id = '${requested.id}'`,
      )
      second = runExport(tenancy(), requested.id)
      while ((await path()) === paths[0]) await sleep(10)
      paths.push(await begun(path))
    })
    await Promise.all([first, second])
    expect(await row(requested.id)).toMatchObject({
      state: 'done',
      message: '',
      bytes: await sizeOf(pathOf(tenancy(), one.id, requested.id)),
    })
    for (const path of paths) expect(await sizeOf(path)).toBeUndefined()
    expect((await filesOf(pathOf(tenancy(), one.id, requested.id))).size).toBeGreaterThan(2)
  })

  it('is only updated by the worker that holds its lease', async () => {
    const requested = await ask()
    const first = (await exports.acquireLease(platform(), requested.id))!
    expect(await exports.renewLease(tenancy(), platform(), first, { rowsDone: 1 })).toBe(true)
    await asAdmin(
      `update tenancy.exports set seen_at = now() - interval '2 minutes' where id = '${requested.id}'`,
    )
    const second = (await exports.acquireLease(platform(), requested.id))!
    expect([
      await exports.renewLease(tenancy(), platform(), first, { rowsDone: 2 }),
      await exports.releaseLease(tenancy(), first, { state: 'failed' }),
    ]).toEqual([false, false])
    expect([
      await exports.renewLease(tenancy(), platform(), second, { rowsDone: 3 }),
      await exports.releaseLease(tenancy(), second, { state: 'requested' }),
    ]).toEqual([true, true])
    expect(await row(requested.id)).toMatchObject({ state: 'requested', rowsDone: 3 })
    await runExport(tenancy(), requested.id)
  })

  it('is released by a worker that stops', async () => {
    const requested = await ask()
    await runExport(tenancy(), requested.id, AbortSignal.abort())
    expect(await row(requested.id)).toMatchObject({ state: 'requested' })
    await runExport(tenancy(), requested.id)
    expect((await row(requested.id)).state).toBe('done')
  })

  it('is a snapshot and contains no later writes', async () => {
    const path = join(process.env.EXPORT_DIR ?? '', 'moment.zip')
    let written = false
    const { tables } = await writeExport(
      tenancy(),
      await placementOf(tenancy(), one.id),
      { path, reason: 'test' },
      async ({ table }) => {
        if (written || table === 'notes') return
        written = true
        // the next transaction inside the tenant begins after this write
        await new Promise((resolve) => setTimeout(resolve, 200))
        await withTenant({ kind: 'service', tenantId: one.id, reason: 'test' }, (tx) =>
          tx.execute(
            sql`update note_lines set content = 'written later' where tenant_id = ${tx.tenantId}`,
          ),
        )
      },
    )
    expect(written).toBe(true)
    expect(tables.find(({ name }) => name === 'note_lines')?.rows).toBe(60)
    expect([...(await filesOf(path)).values()].join('')).not.toContain('written later')
  })

  it('does not block the tenant, and starts over when its placement has changed', async () => {
    const path = join(process.env.EXPORT_DIR ?? '', 'moved.zip')
    let turned = false
    const turn = async () => {
      if (turned) return
      turned = true
      await new Promise((resolve) => setTimeout(resolve, 200))
      await asAdmin(
        `update tenancy.tenant_homes set changed_at = now() where tenant_id = '${other.id}'`,
      )
    }
    await expect(
      writeExport(
        tenancy(),
        await placementOf(tenancy(), other.id),
        { path, reason: 'test' },
        turn,
      ),
    ).rejects.toThrow('was moved while its rows were read')
    expect(
      (
        await writeExport(tenancy(), await placementOf(tenancy(), other.id), {
          path,
          reason: 'test',
        })
      ).tables,
    ).toHaveLength(tenantTables.length)
  })

  it('that has expired is deleted and cannot be downloaded', async () => {
    const requested = await ask()
    await runExport(tenancy(), requested.id)
    expect(await openDownload(tenancy(), one.id, requested.id)).toBeDefined()
    await asAdmin(
      `update tenancy.exports set expires_at = now() - interval '1 second' where id = '${requested.id}'`,
    )
    expect(await openDownload(tenancy(), one.id, requested.id)).toBeUndefined()
    expect(await exports.deleteExpiredFiles(tenancy())).toBe(1)
    expect(await sizeOf(pathOf(tenancy(), one.id, requested.id))).toBeUndefined()
    expect(await row(requested.id)).toMatchObject({ state: 'expired' })
  })
})

describe('an export requested by a member', () => {
  const leave = (personId: string) =>
    platform()
      .delete(members)
      .where(and(eq(members.tenantId, one.id), eq(members.personId, personId)))

  it.each<[string, (personId: string) => Promise<unknown>]>([
    ['is removed from the tenant', (personId) => leave(personId)],
    ['is erased', (personId) => platform().delete(people).where(eq(people.id, personId))],
    [
      'leaves for another tenant',
      async (personId) => {
        await leave(personId)
        await platform().insert(members).values({ tenantId: other.id, personId, role: 'owner' })
      },
    ],
  ])('stops within a second when the requester %s', async (_, happens) => {
    const adam = await memberOf(one.id, 'member')
    const requested = await exports.request(platform(), one.id, 'Adam', adam.actor.id)
    let running: Promise<void> | undefined
    let since = 0
    await withTenantLocked(one.id, async () => {
      running = runExport(tenancy(), requested.id)
      while ((await sizeOf(partialPathOf(tenancy(), await row(requested.id)))) === undefined)
        await sleep(10)
      expect((await row(requested.id)).state).toBe('running')
      await happens(adam.actor.id ?? '')
      since = performance.now()
    })
    await running
    // one second, plus one for a busy machine
    expect(performance.now() - since).toBeLessThan(2000)
    expect(await row(requested.id)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining(
        'Adam, who requested this export, may no longer have it',
      ) as unknown,
    })
    for (const path of [
      pathOf(tenancy(), one.id, requested.id),
      partialPathOf(tenancy(), await row(requested.id)),
    ])
      expect(await sizeOf(path)).toBeUndefined()
    expect(await openDownload(tenancy(), one.id, requested.id)).toBeUndefined()
  })

  it('completes while they are a member, and without a requester on the command line', async () => {
    for (const requester of [(await memberOf(one.id, 'member')).actor.id, null]) {
      const requested = await exports.request(platform(), one.id, 'Adam', requester)
      await runExport(tenancy(), requested.id)
      expect(await row(requested.id)).toMatchObject({ state: 'done' })
    }
  })
})

describe('a download', () => {
  it('ends within a second when the user loses the right to the export', async () => {
    const requested = await ask()
    await runExport(tenancy(), requested.id)
    await writeFile(pathOf(tenancy(), one.id, requested.id), Buffer.alloc(20_000_000))
    let may = true
    let got = 0
    let since = 0
    const read = async () => {
      for await (const piece of (await openDownload(tenancy(), one.id, requested.id))!.content(
        async () => may,
      )) {
        got += piece.length
        if (got > 5_000_000 && may) [may, since] = [false, performance.now()]
        await sleep(10)
      }
    }
    await expect(read()).rejects.toThrow('may no longer have this export')
    // one second, plus one for a busy machine
    expect(performance.now() - since).toBeLessThan(2000)
    expect(got).toBeLessThan(20_000_000)
  })

  it('is available only to its tenant, and ends when the user loses the right to the export', async () => {
    const requested = await ask()
    await runExport(tenancy(), requested.id)
    expect(await openDownload(tenancy(), other.id, requested.id)).toBeUndefined()
    expect(await openDownload(tenancy(), one.id, newId())).toBeUndefined()
    expect(await openDownload(tenancy(), one.id, '../../etc/passwd')).toBeUndefined()
    const file = await openDownload(tenancy(), one.id, requested.id)
    expect(file?.name).toMatch(/^canary-shared-one-.*\.zip$/)
    expect((await text(file!.content(async () => true))).startsWith('PK')).toBe(true)
  })
})
