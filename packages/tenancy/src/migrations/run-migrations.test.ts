import pg from 'pg'
import { beforeAll, expect, it } from 'vitest'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { readStatus } from '#tenancy/migrations/status'
import { addColumn, growing } from '#tenancy/testing/migrations/histories'
import { makeFleet, type FleetTenant } from '#tenancy/testing/migrations/make-fleet'
import { inTenant, nth, query } from '#tenancy/testing/migrations/tenant-rows'
import { verifyFleet } from '#tenancy/migrations/verify'
import { splitIntoBatches } from '#tenancy/migrations/batches'
import { newId } from '#tenancy/base/ids'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

const adminUrl = process.env.DATABASE_URL ?? ''
const history = growing(tenancy())
const columns = async (name: string) =>
  (
    await query<{ schema: string }>(
      'select table_schema as schema from information_schema.columns where column_name = $1',
      [name],
    )
  ).map(({ schema }) => schema)

let fleet: FleetTenant[]
const tenant = (at: number): FleetTenant => nth(fleet, at)
beforeAll(async () => {
  fleet = await makeFleet(tenancy(), adminUrl, 12)
})

it('every target is migrated to the end of the history, and the next run has nothing to do', async () => {
  const histories = await history.add(addColumn('ripe_at'))
  const first = await runFleet(tenancy(), { histories })
  expect(first).toMatchObject({ state: 'done', targets: 13, failed: [], left: 0 })
  expect(await columns('ripe_at')).toHaveLength(13)
  expect(await runFleet(tenancy(), { histories })).toMatchObject({
    state: 'done',
    targets: 0,
    done: [],
  })
  expect(await readStatus(tenancy(), { histories })).toMatchObject({ total: 14, current: 14 })
  expect((await verifyFleet(tenancy(), histories)).drift).toEqual([])
  const ledger = await query(
    `select count(*)::int as times, bool_and(took_ms is not null) as took from tenancy.applied_migrations where migration = '9001_test'`,
  )
  expect(ledger).toEqual([{ times: 13, took: true }])
})

it("a tenant whose rows violate a constraint is unchanged, the others are migrated, and the error has PostgreSQL's message", async () => {
  const { id, slug, schema } = tenant(0)
  await inTenant(
    id,
    `insert into notes (tenant_id, id, number, title, body) values ('${id}', '${newId()}', 1, 'Ann', 'none')`,
  )
  const histories = await history.add(
    `alter table notes add column fax text;--> statement-breakpoint\nalter table notes add constraint notes_body check (body !~ '[a-z]');`,
  )
  const result = await runFleet(tenancy(), { histories })
  expect(result).toMatchObject({ state: 'failed', left: 1 })
  expect(result.done).toHaveLength(12)
  expect(result.failed).toMatchObject([
    {
      target: slug,
      migration: '9002_test',
      code: '23514',
      statement: expect.stringContaining('add constraint notes_body'),
      message: 'check constraint "notes_body" of relation "notes" is violated by some row',
    },
  ])
  expect(await columns('fax')).not.toContain(schema)
  const { current, targets } = await readStatus(tenancy(), { histories })
  expect([current, targets.find(({ name }) => name === slug)]).toMatchObject([
    13,
    { state: 'failed', at: '9001_test' },
  ])

  await inTenant(id, 'delete from notes')
  expect(await runFleet(tenancy(), { histories })).toMatchObject({
    state: 'done',
    done: [slug],
    left: 0,
  })
  expect(await query('select from tenancy.failed_migrations')).toEqual([])
})

it('a foreign key and a unique index are validated against rows that policies would hide', async () => {
  const { id, slug } = tenant(1)
  await inTenant(
    id,
    `with note as (insert into notes (tenant_id, id, number, title) values ('${id}', '${newId()}', 1, 'Ann') returning tenant_id, id)
     insert into note_lines (tenant_id, id, note_id, position, content) select tenant_id, gen_random_uuid(), id, n, 'same' from note cross join generate_series(1, 2) as n`,
  )
  const broken = await history.add(
    'create unique index note_lines_content on note_lines (tenant_id, content)',
  )
  expect((await runFleet(tenancy(), { histories: broken })).failed).toMatchObject([
    {
      target: slug,
      code: '23505',
      message: 'could not create unique index "note_lines_content"; Duplicate keys exist.',
    },
  ])
  await inTenant(id, `update note_lines set content = id::text`)
  const worse =
    await history.add(`alter table note_lines add constraint note_lines_same foreign key (tenant_id, id) references notes (tenant_id, id) not valid;--> statement-breakpoint
    select tenancy.validate(current_schema(), 'note_lines', 'note_lines_same')`)
  expect((await runFleet(tenancy(), { histories: worse })).failed).toMatchObject([
    {
      target: slug,
      code: '23503',
      message: expect.stringContaining('violates foreign key constraint "note_lines_same"'),
    },
  ])
  await inTenant(id, 'delete from notes')
  expect(await runFleet(tenancy(), { histories: worse })).toMatchObject({ state: 'done', left: 0 })
  expect((await verifyFleet(tenancy(), worse)).drift).toEqual([])
})

it('a data change in a migration is an error instead of changing no rows', async () => {
  const { failed } = await runFleet(tenancy(), {
    histories: await history.add(`update notes set version = 0`),
    maxFailures: 1,
    concurrency: 1,
  })
  expect(failed).toMatchObject([
    { code: '42501', message: expect.stringContaining('would be affected by row-level security') },
  ])
  await runFleet(tenancy(), { histories: await history.replace('select 1') })
})

it('a canary that fails stops everything else', async () => {
  const { id, slug } = tenant(2)
  await inTenant(
    id,
    `insert into notes (tenant_id, id, number, title, version) values ('${id}', '${newId()}', 1, 'odd', 1)`,
  )
  const histories = await history.add(
    'alter table notes add constraint notes_even check (version % 2 = 0)',
  )
  expect(await runFleet(tenancy(), { histories, canary: [slug] })).toMatchObject({
    state: 'stopped',
    done: [],
    failed: [{ target: slug }],
    left: 13,
    message: 'a canary failed; no other target was changed',
  })
  await expect(runFleet(tenancy(), { histories, canary: ['nobody'] })).rejects.toThrow(
    'there is no target nobody',
  )
  await inTenant(id, 'delete from notes')
  const batches: string[] = []
  expect(
    await runFleet(tenancy(), {
      histories,
      canary: [slug],
      batches: [50],
      onProgress: ({ batch }) => void (batches.includes(batch) || batches.push(batch)),
    }),
  ).toMatchObject({ state: 'done', left: 0 })
  expect(batches).toEqual(['canary', '50 %', '100 %'])
})

it('batches contain each target once, whatever the order of their percentages', () => {
  const all = ['a', 'b', 'c', 'd'].map((name) => ({
    name,
    plane: 'tenant' as const,
    schema: name,
    tenantId: null,
    dedicatedDatabase: false,
  }))
  const batches = splitIntoBatches(all, all, [], [75, 25]).map(({ name, targets }) => [
    name,
    ...targets.map((target) => target.name),
  ])
  expect(batches).toEqual([
    ['25 %', 'a'],
    ['75 %', 'b', 'c'],
    ['100 %', 'd'],
  ])
})

it('a run can be limited, end at an earlier file, and stop after too many failures', async () => {
  const histories = await history.add('select 1', addColumn('paid_at'))
  expect(await runFleet(tenancy(), { histories, limit: 5, to: '9007' })).toMatchObject({
    state: 'done',
    targets: 5,
    left: 8,
  })
  expect(await runFleet(tenancy(), { histories, to: '9007_test' })).toMatchObject({
    targets: 8,
    left: 0,
  })
  expect(await columns('paid_at')).toEqual([])
  expect(await runFleet(tenancy(), { histories })).toMatchObject({ targets: 13, left: 0 })
  await expect(runFleet(tenancy(), { histories, to: '9999' })).rejects.toThrow(
    'migration 9999 is missing',
  )
  const broken = await history.add('select 1 / 0')
  expect(
    await runFleet(tenancy(), { histories: broken, maxFailures: 3, concurrency: 1 }),
  ).toMatchObject({
    state: 'stopped',
    done: [],
    message: '3 targets failed, which is the limit',
    left: 13,
  })
})

it('a tenant that an older build creates during a run is migrated to the right version', async () => {
  const histories = await history.replace(addColumn('late_at'))
  // the last target is locked until the new tenant exists, so that the run cannot end before
  const holder = new pg.Client({ connectionString: adminUrl })
  await holder.connect()
  await holder.query('select pg_advisory_lock_shared(tenancy.target_key($1))', [tenant(11).schema])
  let made: Promise<FleetTenant[]> | undefined
  const onProgress = ({ done }: { done: number }) =>
    void (
      done === 3 &&
      (made ??= makeFleet(tenancy(), adminUrl, 1, { name: 'latecomer' }).finally(() =>
        holder.end(),
      ))
    )
  const result = await runFleet(tenancy(), { histories, tries: 20, onProgress })
  expect(await made).toHaveLength(1)
  expect(result).toMatchObject({ state: 'done', targets: 14, left: 0 })
  expect(result.done).toContain('latecomer-0001')
  expect(await columns('late_at')).toHaveLength(14)
})
