import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import pg from 'pg'
import {
  buildWorld,
  callerFor,
  leaveWorld,
  memberOf,
  refusal,
  rows,
  tenantTables,
  through,
  type Inhabitant,
  type World,
} from '#db/isolation/testing/world'
import { withTenant } from '#db/door'
import { connectionString, placementOf, platform } from '#db/registry'
import { members, placementKinds } from '#db/schema/platform'
import { and, eq } from 'drizzle-orm'
import { closePools } from '#db/pools'

let world: World
beforeAll(async () => void (world = await buildWorld(placementKinds)))
afterAll(async () => {
  await leaveWorld(world)
  await closePools()
})

/** Columns that can be written, as the catalogue has them. */
const writable = (caller: Inhabitant, table: string) =>
  through(
    caller.owner,
    `select string_agg(quote_ident(a.attname), ', ' order by a.attnum) as list from pg_catalog.pg_attribute as a where a.attrelid = '${table}'::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''`,
  ).then(([row]) => String(row?.list))

/** An insert of a copy of one own row under another tenant's id, whatever the table. */
const plant = (columns: string, table: string, tenantId: string) =>
  `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, (select to_jsonb(t) || jsonb_build_object('tenant_id', '${tenantId}') from ${table} as t limit 1))`

describe.each(placementKinds)('in a %s placement', (kind) => {
  const mine = () => world[kind][0]
  const theirs = () => world[kind][1]

  test('the catalogue has the tables of the schema files and no others', async () => {
    const found = await through(
      mine().owner,
      `select c.relname as name from pg_catalog.pg_class as c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') order by 1`,
    )
    expect(found.map(({ name }) => name)).toEqual(tenantTables)
  })

  describe.each(tenantTables)('%s', (table) => {
    test('positive control: both tenants have rows and each reads its own, all of them marked as its own', async () => {
      for (const one of [mine(), theirs()]) {
        const [found] = await through(
          one.owner,
          `select count(*)::int as n, count(*) filter (where tenant_id <> '${one.id}')::int as strange from ${table}`,
        )
        expect(
          found?.n,
          `each test tenant needs rows of ${table}: write some in db/fleet/testing/rows/TAG.sql, named like the migration that made it`,
        ).toBeGreaterThan(0)
        expect(found?.strange).toBe(0)
      }
    })

    test('without a context nothing is read and nothing is written', async () => {
      const columns = await writable(mine(), table)
      const client = new pg.Client({
        connectionString: connectionString(await placementOf(mine().id)),
      })
      await client.connect()
      try {
        expect((await client.query(`select * from ${table}`)).rowCount).toBe(0)
        expect((await client.query(`update ${table} set tenant_id = tenant_id`)).rowCount).toBe(0)
        expect((await client.query(`delete from ${table}`)).rowCount).toBe(0)
        expect((await client.query(`delete from ${table} returning *`)).rowCount).toBe(0)
        expect(
          await refusal(
            client.query(
              `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, jsonb_build_object('tenant_id', '${mine().id}'))`,
            ),
          ),
        ).toBe('42501')
        await client.query(`set app.current_tenant_id = '${mine().id}'`)
        expect((await client.query(`select * from ${table}`)).rowCount).toBe(0)
      } finally {
        await client.end()
      }
    })

    test('raw SQL without a where clause is still scoped', async () => {
      const text = JSON.stringify(await through(mine().owner, `select * from ${table}`))
      expect(text).toContain(mine().id)
      expect(text).not.toContain(theirs().id)
      expect(text).not.toContain(theirs().mark)
    })

    test("another tenant's rows are not read, updated or deleted, with returning or without", async () => {
      const where = `where tenant_id = '${theirs().id}'`
      await withTenant(mine().owner, async (tx) => {
        for (const statement of [
          `select * from ${table} ${where}`,
          `update ${table} set tenant_id = tenant_id ${where} returning *`,
          `delete from ${table} ${where} returning *`,
        ])
          expect(await rows(tx, statement)).toEqual([])
        await rows(tx, `update ${table} set tenant_id = tenant_id ${where}`)
        await rows(tx, `delete from ${table} ${where}`)
      })
      const [left] = await through(theirs().owner, `select count(*)::int as n from ${table}`)
      expect(left?.n).toBeGreaterThan(0)
    })

    test('a write for another tenant is refused, with returning or without', async () => {
      const columns = await writable(mine(), table)
      const statement = plant(columns, table, theirs().id)
      expect(await refusal(through(mine().owner, statement))).toBe('42501')
      expect(await refusal(through(mine().owner, `${statement} returning *`))).toBe('42501')
      expect(
        await refusal(through(mine().owner, `update ${table} set tenant_id = '${theirs().id}'`)),
      ).toBe('42501')
      expect(
        await refusal(
          through(mine().owner, `update ${table} set tenant_id = '${theirs().id}' returning *`),
        ),
      ).toBe('42501')
    })

    test('truncate, lock and ddl are refused', async () => {
      for (const statement of [
        `truncate ${table}`,
        `alter table ${table} disable row level security`,
        `drop policy tenant on ${table}`,
        `create index on ${table} (tenant_id)`,
      ])
        expect(await refusal(through(mine().owner, statement))).toBe('42501')
    })
  })

  test("another tenant's member and a removed member do not get in", async () => {
    const stranger = { ...theirs().owner, tenantId: mine().id }
    expect(await refusal(through(stranger, 'select 1'))).toBe('NotAMember')
    const member = await memberOf(mine().id, 'member')
    expect(await through(member, 'select 1 as one')).toEqual([{ one: 1 }])
    await platform()
      .delete(members)
      .where(and(eq(members.tenantId, mine().id), eq(members.userId, member.actor.id ?? '')))
    expect(await refusal(through(member, 'select 1'))).toBe('NotAMember')
    expect(
      await refusal(through(await callerFor(member.actor.id ?? '', mine().id), 'select 1')),
    ).toBe('NotAMember')
  })

  test('a viewer reads and cannot write, whatever the SQL', async () => {
    const viewer = await memberOf(mine().id, 'viewer')
    expect((await through(viewer, 'select id from orders')).length).toBeGreaterThan(0)
    expect(await refusal(through(viewer, 'delete from order_lines'))).toBe('25006')
    expect(
      await refusal(
        withTenant(viewer, async (tx) => {
          await rows(tx, 'select 1')
          await rows(tx, 'set transaction read write')
        }),
      ),
    ).toBe('25001')
  })
})
