import { afterAll, beforeAll, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { newId } from '#tenancy/base/ids'
import { checkMain } from '#tenancy/checks/doctor'
import { omitSharedStatistics } from '#tenancy/migrations/script'
import { closePools } from '#tenancy/registry/pools'
import { tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenants,
  removeTestTenants,
  rows,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'

const adminUrl = process.env.DATABASE_URL ?? ''
let tenants: TestTenants
beforeAll(async () => {
  tenants = await createTestTenants(['shared', 'schema'], 30)
})
afterAll(async () => {
  await removeTestTenants(tenants)
  await closePools(tenancy())
})

const asAdmin = (sql: string) => withConnection(adminUrl, (admin) => admin.query(sql))
const found = async () =>
  (await checkMain(tenancy())).findings
    .filter(({ check }) => check === 'statistics')
    .map(({ object }) => object)

/** The texts at which the planner's estimate for a neighbour changes: values that it has counted. */
async function textsInEstimates(): Promise<string[]> {
  const [attacker, neighbour] = tenants.shared
  const texts = [...Array(30).keys()].map((i) => `${neighbour.mark} secret ${i}`)
  return withTenant(attacker.owner, async (tx) => {
    const known: string[] = []
    for (const text of texts) {
      const [below, upTo] = await Promise.all(
        ['<', '<='].map(async (operator) => {
          const [plan] = await rows(
            tx,
            `explain (format json) select from notes where body ${operator} '${text}'`,
          )
          return JSON.stringify(plan)
        }),
      )
      const estimate = (plan = '') => /"Plan Rows": ?(\d+)/.exec(plan)?.[1]
      if (estimate(below) !== estimate(upTo)) known.push(text)
    }
    return known
  })
}

test('estimates of a shared table tell a tenant no value of another', async () => {
  const [, neighbour] = tenants.shared
  await asAdmin(
    `insert into shared.notes (tenant_id, id, number, title, body)
     select '${neighbour.id}', gen_random_uuid(), 90000000 + i * 100 + j, 'x', '${neighbour.mark} secret ' || i
     from generate_series(0, 29) as i, generate_series(1, 50) as j`,
  )
  await asAdmin('analyze shared.notes')
  expect(await textsInEstimates()).toEqual([])
  expect(await found()).toEqual([])

  await asAdmin(
    'alter table shared.notes alter column body set statistics 100; analyze shared.notes',
  )
  expect(await textsInEstimates()).not.toEqual([])
  expect(new Set(await found())).toEqual(new Set(['shared.notes.body']))

  // as the end of each migration does it; before 18, a superuser removes what was collected
  await asAdmin(omitSharedStatistics)
  await asAdmin(
    `delete from pg_statistic where starelid = 'shared.notes'::regclass and current_setting('server_version_num')::int < 180000`,
  )
  expect(await textsInEstimates()).toEqual([])
  expect(await found()).toEqual([])
})

test('estimates of a shared table tell at most three ids of tenants', async () => {
  const [attacker] = tenants.shared
  const ids = Array.from({ length: 40 }, () => newId())
  for (const [i, id] of ids.entries())
    await asAdmin(
      `insert into shared.notes (tenant_id, id, number, title)
       select '${id}', gen_random_uuid(), j, 'x' from generate_series(1, ${100 + 10 * i}) as j`,
    )
  const idsInEstimates = () =>
    withTenant(attacker.owner, async (tx) => {
      const estimate = async (condition: string) => {
        const [plan] = await rows(tx, `explain (format json) select from notes where ${condition}`)
        return /"Plan Rows": ?(\d+)/.exec(JSON.stringify(plan))?.[1]
      }
      const anyOther = await estimate(`tenant_id = '${newId()}'`)
      const known: string[] = []
      for (const id of ids) {
        const below = await estimate(`tenant_id < '${id}'`)
        const belowNext = await estimate(`tenant_id < '${id.slice(0, -1)}1'`)
        const equal = await estimate(`tenant_id = '${id}'`)
        if (below !== belowNext || equal !== anyOther) known.push(id)
      }
      return known
    })
  await asAdmin(
    'alter table shared.notes alter column tenant_id set statistics 100; analyze shared.notes',
  )
  expect((await idsInEstimates()).length).toBeGreaterThan(3)
  await asAdmin(omitSharedStatistics)
  expect((await idsInEstimates()).length).toBeLessThanOrEqual(3)
  await asAdmin('analyze shared.notes')
  expect((await idsInEstimates()).length).toBeLessThanOrEqual(3)
})

test('the doctor finds statistics of expressions and of several columns, and a column that was analyzed before', async () => {
  await asAdmin(`
    create index notes_lower on shared.notes (tenant_id, lower(title));
    create statistics shared.notes_pair on title, body from shared.notes;
    alter table shared.notes alter column title set statistics 10;
    analyze shared.notes;
    alter table shared.notes alter column title set statistics 0`)
  expect((await found()).sort()).toEqual([
    'shared.notes.title',
    'shared.notes_lower.lower',
    'shared.notes_lower.lower',
    'shared.notes_pair',
  ])
  await asAdmin(omitSharedStatistics)
  await asAdmin(`
    drop statistics shared.notes_pair;
    delete from pg_statistic where starelid in ('shared.notes'::regclass, 'shared.notes_lower'::regclass)`)
  expect(await found()).toEqual([])
  await asAdmin('analyze shared.notes; drop index shared.notes_lower')
  expect(await found()).toEqual([])
})

test('a dedicated schema keeps its statistics, which are its own', async () => {
  const [{ id }] = tenants.schema
  const schema = `t_${id.replaceAll('-', '')}`
  await asAdmin(`analyze ${schema}.notes`)
  const { rows: columns } = await asAdmin(
    `select 1 from pg_stats where schemaname = '${schema}' and tablename = 'notes'`,
  )
  expect(columns.length).toBeGreaterThan(3)
})
