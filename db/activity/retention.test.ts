import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { placementKinds, placementOf, type PlacementKind } from '@rowhouse/tenancy'
import { withConnection, unprovision } from '@rowhouse/tenancy/admin'
import {
  retentionColumns,
  declaredTables,
  decideRetentionRun,
  runRetentionFor,
  setRule,
} from '@rowhouse/tenancy/data'
import { createTestTenant, tenantTables, type TestTenant } from '#db/isolation/testing/test-tenants'
import { platform, tenancy, withTenant } from '#db/tenancy'

const made: string[] = []
const tenant = async (kind: PlacementKind, orders = 40) => {
  const one = await createTestTenant(kind, 'keeps', orders)
  made.push(one.id)
  return one
}
afterAll(async () => {
  for (const id of made) await unprovision(tenancy(), id, await placementOf(tenancy(), id))
})

const inside = <T>(tenantId: string, text: string) =>
  withTenant(
    { kind: 'service', tenantId, reason: 'test' },
    async (tx) => (await tx.execute(sql.raw(text))).rows as T[],
  )
const asAdmin = <T extends object>(text: string) =>
  withConnection(process.env.DATABASE_URL ?? '', async (admin) => (await admin.query<T>(text)).rows)
/** Makes the first `count` orders two years old. */
const makeOld = (tenantId: string, count: number) =>
  inside(
    tenantId,
    `update orders set placed_at = now() - interval '730 days' - number * interval '1 hour' where number <= ${1000 + count}`,
  )
const setRetentionDays = ({ id }: TestTenant, days: number, table = 'orders') =>
  setRule(tenancy(), platform(), { tenantId: id, tier: 'starter', table, days, by: 'test' })
const runsIn = (tenantId: string) =>
  inside<{ id: string; actor: string; detail: object }>(
    tenantId,
    `select id, actor, detail from activity where action = 'retention.ran' order by at`,
  )

describe('the tables of tenants', () => {
  it('all declare the column that holds their age, or why they have none', async () => {
    const tables = await asAdmin<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'shared'::regnamespace and relkind in ('r', 'p') order by relname`,
    )
    const names = tables.map(({ name }) => name)
    expect(names).toEqual(tenantTables)
    const declared = declaredTables(tenancy()).tenant
    expect(declared.map(({ name }) => name).toSorted()).toEqual(names)
    for (const { table, column } of retentionColumns(tenancy())) {
      expect(
        await asAdmin(
          `select data_type, is_nullable from information_schema.columns where table_schema = 'shared' and table_name = '${table}' and column_name = '${column}'`,
        ),
        `the age of ${table}`,
      ).toEqual([{ data_type: 'timestamp with time zone', is_nullable: 'NO' }])
      expect(
        await asAdmin(
          `select conname from pg_constraint where contype = 'f' and confrelid = 'shared.${table}'::regclass and confdeltype <> 'c'`,
        ),
        `rows that refer to ${table} are deleted with it`,
      ).toEqual([])
    }
  })

  it.each([
    ['customers', 365, 'rows of customers have no age'],
    ['orders', 10, '90 to 1095 days, not 10'],
    ['orders', 5000, 'days, not 5000'],
    ['orders', 100.5, 'days, not 100.5'],
    ['pg_class', 100, 'have no age'],
  ])('keeping %s for %d days is refused on the starter tier: %s', async (table, days, why) => {
    await expect(setRetentionDays(await tenant('shared', 0), days, table)).rejects.toThrow(why)
  })
})

describe.each(placementKinds)('a retention run in a %s placement', (kind) => {
  it('is recorded in the activity of the tenant, with what was deleted', async () => {
    const one = await tenant(kind)
    await makeOld(one.id, 5)
    await setRetentionDays(one, 365)
    const run = await runRetentionFor(tenancy(), one.id)
    expect(run).toMatchObject({ state: 'done', steps: [{ table: 'orders', deleted: 5 }] })
    expect(await runsIn(one.id)).toEqual([
      { id: run.id, actor: 'Retention', detail: { orders: 5 } },
    ])
    for (const table of ['order_lines', 'order_events'])
      expect(
        await inside(
          one.id,
          `select from ${table} as l where not exists (select from orders as o where o.id = l.order_id)`,
        ),
      ).toEqual([])
    await runRetentionFor(tenancy(), one.id)
    expect(await runsIn(one.id)).toHaveLength(1)
  })
})

describe('a retention run', () => {
  let one: TestTenant
  beforeAll(async () => void (one = await tenant('shared', 900)))

  it('of several tables and batches is one activity entry, which is not deleted with the old entries', async () => {
    await makeOld(one.id, 800)
    await inside(
      one.id,
      `update order_events set at = now() - interval '400 days' where order_id in (select id from orders where number > 1890)`,
    )
    await inside(one.id, `update activity set at = now() - interval '400 days'`)
    const [old] = await inside<{ entries: number; events: number }>(
      one.id,
      `select (select count(*)::int from activity) as entries, (select count(*)::int from order_events where at < now() - interval '365 days' and order_id in (select id from orders where number > 1890)) as events`,
    )
    expect(old?.events).toBeGreaterThan(0)
    for (const table of ['orders', 'order_events', 'activity'])
      await setRetentionDays(one, 365, table)
    const waiting = await runRetentionFor(tenancy(), one.id)
    expect(waiting.state).toBe('waiting')
    await decideRetentionRun(platform(), {
      tenantId: one.id,
      runId: waiting.id,
      confirm: true,
      by: 'test',
    })
    const run = await runRetentionFor(tenancy(), one.id)
    expect(run).toMatchObject({ id: waiting.id, state: 'done' })
    const deletedRows = Object.fromEntries(run.steps.map(({ table, deleted }) => [table, deleted]))
    expect(deletedRows).toMatchObject({ orders: 800, activity: old?.entries })
    expect(await runsIn(one.id)).toEqual([
      {
        id: run.id,
        actor: 'Retention',
        detail: Object.fromEntries(
          Object.entries(deletedRows).filter(([, deleted]) => deleted > 0),
        ),
      },
    ])
  })
})
