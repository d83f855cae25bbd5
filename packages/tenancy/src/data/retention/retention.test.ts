import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { readTables } from '#tenancy/base/catalogue'
import { declaredTables } from '#tenancy/base/declared-tables'
import { withConnection } from '#tenancy/base/connect'
import { newId } from '#tenancy/base/ids'
import { loginUrl, placementKinds, type Tenancy } from '#tenancy/base/tenancy'
import { eraseTenant } from '#tenancy/data/erase/erase-tenant'
import * as holds from '#tenancy/data/holds'
import { previewRetention } from '#tenancy/data/retention/preview'
import { setRule } from '#tenancy/data/retention/rules'
import { runRetention, runRetentionFor } from '#tenancy/data/retention/run-retention'
import { currentRetentionRun, decideRetentionRun } from '#tenancy/data/retention/retention-runs'
import { forgetPlacement } from '#tenancy/registry/placements'
import { fingerprint } from '#tenancy/testing/archives'
import { platform, tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import { createTestTenant, type TestTenant } from '#tenancy/testing/fixture/test-tenants'

const made: TestTenant[] = []
const tenant = async (kind: (typeof placementKinds)[number], notes = 40) => {
  const one = await createTestTenant(kind, 'keeps', notes)
  made.push(one)
  return one
}
const inside = <T>(tenantId: string, text: string) =>
  withTenant(
    { kind: 'service', tenantId, reason: 'test' },
    async (tx) => (await tx.execute(sql.raw(text))).rows as T[],
  )
const notesOf = async (tenantId: string) =>
  (await inside<{ number: string }>(tenantId, 'select number from notes order by number')).map(
    ({ number }) => Number(number),
  )
/** Makes the first `most` notes two years old. */
const age = (tenantId: string, most: number) =>
  inside(
    tenantId,
    `update notes set created_at = now() - interval '730 days' - number * interval '1 hour' where number <= ${1000 + most}`,
  )
const keep = ({ id }: TestTenant, days: number | null, table = 'notes') =>
  setRule(tenancy(), platform(), { tenantId: id, tier: 'starter', table, days, by: 'test' })

/** The same instance, for an app with an activity log. */
const withTrail = (onRetention: NonNullable<Tenancy['config']['onRetention']>): Tenancy => ({
  ...tenancy(),
  config: { ...tenancy().config, onRetention },
})
const progressOf = (tenantId: string) =>
  inside<Record<string, unknown>>(tenantId, 'select * from tenancy.retention_progress')

let neighbour: TestTenant
let before: Record<string, string>
beforeAll(async () => {
  neighbour = await tenant('shared')
  await age(neighbour.id, 40)
  before = await fingerprint(tenancy(), neighbour.id)
})
afterEach(() => void vi.useRealTimers())
afterAll(async () => {
  for (const { id } of made) await eraseTenant(tenancy(), id)
}, 60_000)

describe('the tables', () => {
  it('all have a declaration, with a column that holds their age or the reason why there is none', async () => {
    const tables = await withConnection(loginUrl(tenancy(), 'worker'), (client) =>
      readTables(client, 'shared'),
    )
    const declared = declaredTables(tenancy()).tenant
    expect(declared.map(({ name }) => name).toSorted()).toEqual(
      tables.map(({ name }) => name).toSorted(),
    )
    for (const table of tables) {
      const found = declared.find(({ name }) => name === table.name)?.retention
      if (!found || !('by' in found)) continue
      expect(table.columns.find(({ name }) => name === found.by)).toMatchObject({
        base: 'timestamptz',
        nullable: false,
      })
      const refusing = tables.flatMap(({ name, references }) =>
        references
          .filter((one) => one.table === table.name && one.onDelete === 'refused')
          .map(() => name),
      )
      expect(refusing).toEqual([])
    }
  })

  it.each([
    ['note_lines', 365, 'rows of note_lines have no age'],
    ['notes', 6, '7 to 36500 days, not 6'],
    ['notes', 36_501, 'days, not 36501'],
    ['notes', 100.5, 'days, not 100.5'],
    ['pg_class', 100, 'have no age'],
  ])('%s for %d days is refused: %s', async (table, days, why) => {
    await expect(keep(neighbour, days, table)).rejects.toThrow(why)
  })
})

describe.each(placementKinds)('a run in a %s placement', (kind) => {
  it('deletes exactly the rows of the preview, and the rows that belong to them', async () => {
    const one = await tenant(kind)
    await age(one.id, 5)
    await keep(one, 365)
    const [step] = await previewRetention(tenancy(), one.id)
    expect(step).toMatchObject({ table: 'notes', rows: 5, of: 40 })
    const told: object[] = []
    const run = await runRetentionFor(
      withTrail(async (tx, deleted) => void told.push({ tenantId: tx.tenantId, ...deleted })),
      one.id,
    )
    expect(run).toMatchObject({
      state: 'done',
      steps: [{ table: 'notes', rows: 5, of: 40, deleted: 5 }],
    })
    expect(await notesOf(one.id)).toEqual(Array.from({ length: 35 }, (_, i) => 1006 + i))
    expect(
      await inside(
        one.id,
        'select from note_lines as l where not exists (select from notes as n where n.id = l.note_id)',
      ),
    ).toEqual([])
    expect(told).toEqual([{ tenantId: one.id, id: run.id, table: 'notes', deleted: 5 }])
    expect(await progressOf(one.id)).toEqual([])
    expect(await runRetentionFor(tenancy(), one.id)).toMatchObject({
      state: 'done',
      steps: [{ rows: 0 }],
    })
  })
})

describe('a run', () => {
  it('that would delete more than a fifth awaits confirmation, and a refusal ends it', async () => {
    const one = await tenant('shared')
    await age(one.id, 9)
    await keep(one, 365)
    const waiting = await runRetentionFor(tenancy(), one.id)
    expect(waiting.state).toBe('waiting')
    expect((await runRetentionFor(tenancy(), one.id)).id).toBe(waiting.id)
    expect(await notesOf(one.id)).toHaveLength(40)
    await expect(
      decideRetentionRun(platform(), {
        tenantId: neighbour.id,
        runId: waiting.id,
        confirm: true,
        by: 'test',
      }),
    ).rejects.toThrow('no longer awaits confirmation')
    await decideRetentionRun(platform(), {
      tenantId: one.id,
      runId: waiting.id,
      confirm: false,
      by: 'test',
    })
    expect(await notesOf(one.id)).toHaveLength(40)
    const next = await runRetentionFor(tenancy(), one.id)
    await decideRetentionRun(platform(), {
      tenantId: one.id,
      runId: next.id,
      confirm: true,
      by: 'test',
    })
    // rows that became old after the plan are not in it
    await inside(
      one.id,
      `update notes set created_at = now() - interval '900 days' where number between 1010 and 1030`,
    )
    // nor are old rows that were changed after it
    await inside(one.id, `update notes set body = 'look at this' where number = 1001`)
    expect(await runRetentionFor(tenancy(), one.id)).toMatchObject({
      state: 'done',
      steps: [{ rows: 9, deleted: 8 }],
    })
    expect(await notesOf(one.id)).toEqual([1001, ...Array.from({ length: 31 }, (_, i) => 1010 + i)])
  })

  it('that awaits confirmation ends when the rule is changed', async () => {
    const one = await tenant('shared')
    await age(one.id, 20)
    await keep(one, 365)
    const waiting = await runRetentionFor(tenancy(), one.id)
    await keep(one, 1000)
    await expect(
      decideRetentionRun(platform(), {
        tenantId: one.id,
        runId: waiting.id,
        confirm: true,
        by: 'test',
      }),
    ).rejects.toThrow('no longer awaits confirmation')
    expect(await currentRetentionRun(platform(), one.id)).toBeUndefined()
  })

  it('whose tenant has moved since the plan deletes nothing, and the next run makes a new plan', async () => {
    const one = await tenant('shared')
    await age(one.id, 9)
    await keep(one, 365)
    const { id } = await runRetentionFor(tenancy(), one.id)
    await decideRetentionRun(platform(), { tenantId: one.id, runId: id, confirm: true, by: 'test' })
    const moved = ['tenancy.tenant_homes', 'tenancy.placements'].map(
      (table) => `update ${table} set epoch = epoch + 1 where tenant_id = '${one.id}'`,
    )
    await withConnection(process.env.DATABASE_URL ?? '', (admin) => admin.query(moved.join(';')))
    forgetPlacement(tenancy(), one.id)
    expect(await runRetentionFor(tenancy(), one.id)).toMatchObject({
      id,
      state: 'done',
      steps: [{ rows: 9, deleted: 0 }],
    })
    expect(await runRetentionFor(tenancy(), one.id)).toMatchObject({
      state: 'waiting',
      steps: [{ rows: 9, deleted: 0 }],
    })
  })

  it('that is killed halfway continues where it stopped and never deletes more than it planned', async () => {
    const one = await tenant('shared', 1300)
    await age(one.id, 1200)
    await keep(one, 365)
    const waiting = await runRetentionFor(tenancy(), one.id)
    await decideRetentionRun(platform(), {
      tenantId: one.id,
      runId: waiting.id,
      confirm: true,
      by: 'test',
    })
    const check = vi.spyOn(holds, 'refuseOnHold')
    let batches = 0
    check.mockImplementation(async () => {
      if (++batches === 3) throw new Error('killed')
    })
    await expect(runRetentionFor(tenancy(), one.id)).rejects.toThrow('killed')
    check.mockRestore()
    expect(await notesOf(one.id)).toHaveLength(800)
    // the row of the run may be stale; the progress that was stored with the deletion counts
    expect(await progressOf(one.id)).toMatchObject([{ run_id: waiting.id, deleted: '500' }])
    await platform().execute(
      sql`update tenancy.retention_runs set steps = jsonb_set(steps, '{0,deleted}', '0') where id = ${waiting.id}`,
    )
    await inside(
      one.id,
      `update notes set created_at = now() - interval '800 days' where number > 2200`,
    )
    const told: number[] = []
    const trail = withTrail(async (_, { deleted }) => void told.push(deleted))
    expect(await runRetentionFor(trail, one.id)).toMatchObject({
      state: 'done',
      steps: [{ rows: 1200, deleted: 1200 }],
    })
    expect(told).toEqual([1000, 1200])
    expect(await progressOf(one.id)).toEqual([])
    expect(await notesOf(one.id)).toEqual(Array.from({ length: 100 }, (_, i) => 2201 + i))
  })

  it("deletes nothing that it cannot record in the tenant's activity log", async () => {
    const one = await tenant('shared')
    await age(one.id, 5)
    await keep(one, 365)
    const failing = withTrail(async () => {
      throw new Error('the activity log is full')
    })
    await expect(runRetentionFor(failing, one.id)).rejects.toThrow('the activity log is full')
    expect(await notesOf(one.id)).toHaveLength(40)
    expect(await progressOf(one.id)).toEqual([])
    expect(await runRetentionFor(tenancy(), one.id)).toMatchObject({ steps: [{ deleted: 5 }] })
  })

  it('deletes nothing during a legal hold, even if the hold is placed halfway', async () => {
    const one = await tenant('shared')
    await age(one.id, 5)
    await keep(one, 365)
    await holds.hold(tenancy(), {
      tenantId: one.id,
      slug: one.slug,
      actor: 'test',
      reason: 'court',
    })
    await expect(runRetentionFor(tenancy(), one.id)).rejects.toThrow('on legal hold')
    const { problems } = await runRetention(tenancy(), { dueOnly: false })
    expect(problems.find(({ tenantId }) => tenantId === one.id)?.problem).toContain('on legal hold')
    expect(await notesOf(one.id)).toHaveLength(40)
    await holds.lift(tenancy(), { tenantId: one.id, slug: one.slug, actor: 'test', reason: 'over' })
    expect(await runRetentionFor(tenancy(), one.id)).toMatchObject({
      state: 'done',
      steps: [{ deleted: 5 }],
    })
  })

  it('under a wrong tenant id deletes nothing: not of a missing tenant, one without rules, or another than its own', async () => {
    await expect(runRetentionFor(tenancy(), newId())).rejects.toThrow('retention_runs')
    expect(await runRetentionFor(tenancy(), neighbour.id)).toMatchObject({
      state: 'done',
      steps: [],
    })
    const one = await tenant('shared')
    await age(one.id, 9)
    await keep(one, 365)
    const { id } = await runRetentionFor(tenancy(), one.id)
    await decideRetentionRun(platform(), { tenantId: one.id, runId: id, confirm: true, by: 'test' })
    await platform().execute(
      sql`update tenancy.retention_runs set tenant_id = ${neighbour.id} where id = ${id}`,
    )
    expect(await runRetentionFor(tenancy(), neighbour.id)).toMatchObject({
      id,
      state: 'done',
      steps: [{ rows: 9, deleted: 0 }],
    })
    expect(await fingerprint(tenancy(), neighbour.id)).toEqual(before)
    expect(await notesOf(one.id)).toHaveLength(40)
  })

  it.each([400, -400])(
    'deletes nothing while the clock of this process is %d days off',
    async (days) => {
      const one = await tenant('shared')
      await keep(one, 200)
      const all = await notesOf(one.id)
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * 86_400_000 })
      await expect(previewRetention(tenancy(), one.id)).rejects.toThrow(
        /the clocks of the main database and this process are \d+ s apart/,
      )
      await expect(runRetentionFor(tenancy(), one.id)).rejects.toThrow(
        'nothing is deleted until they agree',
      )
      vi.useRealTimers()
      expect(await notesOf(one.id)).toEqual(all)
    },
  )
})

describe('the neighbour', () => {
  it('with rows just as old still has all of them', async () => {
    expect(await fingerprint(tenancy(), neighbour.id)).toEqual(before)
  })
})
