import { sql } from 'drizzle-orm'
import { afterAll, describe, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { privateName } from '#tenancy/base/ids'
import { requestConfirm } from '#tenancy/moves/move-actions'
import type { Move } from '#tenancy/moves/move-store'
import { requestMove, requestRollback } from '#tenancy/moves/requests'
import { closePools } from '#tenancy/registry/pools'
import { tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import {
  actionOn,
  countRemaining,
  createTenantIn,
  fingerprint,
  mainAdmin,
  perform,
  removeTenants,
  serviceOf,
  type TestPlacement,
} from '#tenancy/testing/moves/fixture'

// Foreign keys, unique indexes and triggers are active in the target of a move.

const made: TestTenant[] = []
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})
const fresh = async (name: string, placement: TestPlacement = 'shared') => {
  const tenant = await createTenantIn(placement, name, 10)
  made.push(tenant)
  return tenant
}

const asked = { actor: 'test', reason: 'test' }
const request = (tenant: TestTenant, to: 'shared' | 'schema' | 'database') =>
  requestMove(tenancy(), { tenantId: tenant.id, to, ...asked })
const admin = (text: string, database?: string) => {
  const url = new URL(mainAdmin())
  if (database) url.pathname = `/${database}`
  return withConnection(url.toString(), async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(text)
    return rows
  })
}
const countIn = async (table: string, { id }: TestTenant) => {
  const [row] = await admin(`select count(*) as n from shared.${table} where tenant_id = '${id}'`)
  return Number(row?.n)
}
const write = (tenant: TestTenant, ...statements: string[]) =>
  withTenant(serviceOf(tenant.id), async (tx) => {
    for (const text of statements) await tx.execute(sql.raw(text))
  })

type CreateIn = (schema: string, database?: string) => Promise<unknown>

/** Adds tables to the shared schema for one test. */
async function withTables(
  definitions: (schema: string) => string,
  names: string[],
  work: (createIn: CreateIn) => Promise<void>,
): Promise<void> {
  const createIn: CreateIn = (schema, database) =>
    admin(
      [
        definitions(schema),
        ...names.map((name) => `alter table ${schema}.${name} owner to rowhouse_owner`),
        ...names.map((name) => `select tenancy.protect('${schema}', '${name}')`),
      ].join('; '),
      database,
    )
  await createIn('shared')
  try {
    await work(createIn)
  } finally {
    await admin(`drop table ${names.map((name) => `shared.${name}`).join(', ')}`)
  }
}

/** Starts to move a tenant out of the shared schema, with the added tables in the target. */
async function moveAway(
  tenant: TestTenant,
  to: 'schema' | 'database',
  createIn: CreateIn,
): Promise<Move> {
  const move = await perform(await request(tenant, to), 'provisioned')
  const name = privateName(tenant.id)
  await createIn(name, to === 'database' ? name : undefined)
  return move
}

/** Performs the rest of a move, which must not change a row. */
async function complete(tenant: TestTenant, move: Move, state = 'switched'): Promise<void> {
  const before = await fingerprint(tenant.id)
  expect(await perform(move)).toMatchObject({ state, error: null })
  expect(await fingerprint(tenant.id)).toEqual(before)
}

test.each(['schema', 'database'] as const)(
  'rows whose references are not in the target yet are left out of the copy from a %s, and the catch-up brings them',
  { timeout: 60_000 },
  async (from) => {
    const tenant = await fresh(`orphans-${from}`, from)
    const move = await perform(await request(tenant, 'shared'), 'capturing')
    // as if each note had been written after its chunk was copied
    await admin(
      `insert into tenancy.copy_progress values ('${tenant.id}', '${move.id}', 'notes', null, 0, true)`,
    )
    const name = privateName(tenant.id)
    await admin(
      `insert into tenancy.changed_keys (tenant_id, table_name, key) select tenant_id, 'notes', array[id::text] from ${name}.notes`,
      from === 'database' ? name : undefined,
    )
    await perform(move, 'copied')
    expect(await countIn('note_lines', tenant)).toBe(0)
    await complete(tenant, move)
    expect(await countIn('note_lines', tenant)).toBe(20)
  },
)

test.each(['schema', 'database'] as const)(
  'a unique value passes from one row to another while others refer to both, on the way to a %s and back',
  { timeout: 60_000 },
  async (to) => {
    const tenant = await fresh(`passed-${to}`)
    const passNumber = [
      'update notes set number = 1 where number = 1001',
      'update notes set number = 1001 where number = 1002',
      'update notes set number = 1002 where number = 1',
    ]
    await write(
      tenant,
      'update notes set parent_id = (select id from notes where number = 1001) where number in (1002, 1003)',
      'update notes set parent_id = (select id from notes where number = 1002) where number = 1004',
    )
    const move = await perform(await request(tenant, to), 'indexed')
    await write(tenant, ...passNumber, 'delete from notes where number = 1009')
    await complete(tenant, move)
    const name = privateName(tenant.id)
    expect(
      await admin(
        `select conname, convalidated from pg_constraint where contype = 'f' and connamespace = '${name}'::regnamespace order by 1`,
        to === 'database' ? name : undefined,
      ),
    ).toEqual([
      { conname: 'note_lines_note_fk', convalidated: true },
      { conname: 'notes_parent_fk', convalidated: true },
    ])
    // the old copy is stale now
    await write(tenant, ...passNumber, 'delete from notes where number = 1008')
    await complete(tenant, await requestRollback(tenancy(), actionOn(tenant)), 'cleaned')
  },
)

// the parents have the greater keys, in a chain that is longer than the rounds of a chunk
const tree = (schema: string) => `
  create table ${schema}.tree (tenant_id uuid not null, id integer not null, parent integer, twin integer, label text not null, primary key (tenant_id, id), unique (tenant_id, label),
    foreign key (tenant_id, parent) references ${schema}.tree, foreign key (tenant_id, twin) references ${schema}.tree on delete restrict);
  create index on ${schema}.tree (tenant_id, parent); create index on ${schema}.tree (tenant_id, twin)`
const grow = (tenant: TestTenant, from: number, to: number) =>
  write(
    tenant,
    `insert into tree select '${tenant.id}', n, null, null, 'node ' || n from generate_series(${from}, ${to}) as n`,
    `update tree set parent = id + 1 where id >= ${from} and id < ${to}`,
    `update tree set twin = 1 where id = ${to}`,
  )

test.each(['schema', 'database'] as const)(
  'a tree is moved to a %s, removed from the old location, and moved back',
  { timeout: 60_000 },
  (to) =>
    withTables(tree, ['tree'], async (createIn) => {
      const tenant = await fresh(`tree-${to}`)
      await grow(tenant, 1, 30)
      const away = await moveAway(tenant, to, createIn)
      await perform(away, 'copied')
      await grow(tenant, 31, 40)
      await write(
        tenant,
        `update tree set label = 'x' where id = 5`,
        `update tree set label = 'node 5' where id = 6`,
        `update tree set parent = 40 where id = 20`,
      )
      await complete(tenant, away)
      await perform(await requestConfirm(tenancy(), actionOn(tenant)))
      expect(await countRemaining(mainAdmin(), 'shared', tenant.id)).toBe(0)
      await complete(tenant, await request(tenant, 'shared'))
      expect(await countIn('tree', tenant)).toBe(40)
    }),
)

const circle = (schema: string) => `
  create table ${schema}.widgets (tenant_id uuid not null, place text not null, number integer not null, weight numeric, primary key (tenant_id, place, number));
  create table ${schema}.boxes (tenant_id uuid not null, id integer not null, place text, number integer, primary key (tenant_id, id),
    foreign key (tenant_id, place, number) references ${schema}.widgets);
  create table ${schema}.annexes (tenant_id uuid not null, id integer not null, place text, number integer, primary key (tenant_id, id),
    foreign key (tenant_id, place, number) references ${schema}.widgets);
  alter table ${schema}.widgets add box integer, add foreign key (tenant_id, box) references ${schema}.boxes deferrable`

test(
  'tables that refer to each other are moved away and back, with rows written to them during the copy',
  { timeout: 60_000 },
  () =>
    withTables(circle, ['widgets', 'boxes', 'annexes'], async (createIn) => {
      const tenant = await fresh('widgets')
      const add = (number: number) =>
        write(
          tenant,
          `insert into widgets (tenant_id, place, number, weight) values ('${tenant.id}', 'it''s "here"', ${number}, 1.50), ('${tenant.id}', 'there', ${number}, null)`,
          `update widgets set number = number + 100, weight = 2 where place = 'there' and number = ${number}`,
          `insert into boxes values ('${tenant.id}', ${number}, 'it''s "here"', ${number})`,
          `update widgets set box = ${number} where number = ${number}`,
          `insert into annexes values ('${tenant.id}', ${number}, 'it''s "here"', ${number})`,
        )
      await add(1)
      const away = await moveAway(tenant, 'schema', createIn)
      await perform(away, 'copied')
      await add(2)
      await complete(tenant, away)
      await perform(await requestConfirm(tenancy(), actionOn(tenant)))
      expect(await countRemaining(mainAdmin(), 'shared', tenant.id)).toBe(0)
      const back = await perform(await request(tenant, 'shared'), 'copied')
      await add(3)
      await complete(tenant, back)
      expect(await countIn('widgets', tenant)).toBe(6)
      expect(await countIn('boxes', tenant)).toBe(3)
    }),
)

describe('a trigger', () => {
  const stamped = (condition: string) => (schema: string) => `
    create table ${schema}.stamped (tenant_id uuid not null, id integer not null, changed integer not null default 0, primary key (tenant_id, id));
    create or replace function ${schema}.stamp() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$ begin new.changed := old.changed + 1; return new; end $$;
    create trigger stamp before update on ${schema}.stamped for each row ${condition} execute function ${schema}.stamp()`
  const conditional = stamped('when (not tenancy.is_move())')
  afterAll(() => admin('drop function shared.stamp'))

  test('that would change the rows of a move is refused, with the condition that it needs', async () => {
    const tenant = await fresh('stamped')
    await withTables(stamped(''), ['stamped'], () =>
      expect(request(tenant, 'schema')).rejects.toMatchObject({
        code: 'table_not_movable',
        table: 'stamped',
        message: expect.stringContaining('when (not tenancy.is_move())') as string,
      }),
    )
  })

  test('with that condition acts on what the tenant writes, and not on what a move writes', async () => {
    const tenant = await fresh('conditional')
    await withTables(conditional, ['stamped'], async (createIn) => {
      await write(tenant, `insert into stamped values ('${tenant.id}', 1), ('${tenant.id}', 2)`)
      const move = await moveAway(tenant, 'schema', createIn)
      await perform(move, 'indexed')
      await write(tenant, 'update stamped set changed = 7 where id = 1')
      await complete(tenant, move)
      const { rows } = await withTenant(serviceOf(tenant.id), (tx) =>
        tx.execute(sql`select id, changed from stamped order by id`),
      )
      expect(rows).toEqual([
        { id: 1, changed: 1 },
        { id: 2, changed: 0 },
      ])
    })
  })

  test('cannot be avoided by a tenant that pretends to be a move', async () => {
    const tenant = await fresh('pretender')
    const isMove = (before: string) =>
      withTenant(tenant.owner, async (tx) => {
        await tx.execute(sql.raw(before))
        const { rows } = await tx.execute<{ move: boolean }>(sql`select tenancy.is_move() as move`)
        return rows[0]?.move
      })
    expect(await isMove('select 1')).toBe(false)
    const pretend = `do $$ begin execute format('set local "tenancy.context" = %L', regexp_replace(current_setting('tenancy.context'), '\\|([^|]*)$', '~|\\1')); end $$`
    expect(await isMove(pretend)).toBe(false)
  })
})

test.each([
  {
    what: 'a circle of foreign keys that are checked at once',
    definitions: (schema: string) => circle(schema).replace(' deferrable', ''),
    names: ['widgets', 'boxes', 'annexes'],
    refusal: { code: 'tables_in_a_circle', tables: ['annexes', 'boxes', 'widgets'] },
  },
  {
    what: 'a unique constraint that may be checked at the commit',
    definitions: (schema: string) =>
      `create table ${schema}.ranks (tenant_id uuid not null, id integer not null, rank integer, primary key (tenant_id, id), unique (tenant_id, rank) deferrable)`,
    names: ['ranks'],
    refusal: { code: 'table_not_movable', table: 'ranks' },
  },
])('$what is refused', async ({ definitions, names, refusal }) => {
  const tenant = await fresh('refused')
  await withTables(definitions, names, () =>
    expect(request(tenant, 'schema')).rejects.toMatchObject(refusal),
  )
})
