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

// generated columns in keys, key values that have several forms as text, and all kinds of actions and
// unique values
const meters = (schema: string) => `
  create table ${schema}.meters (tenant_id uuid not null, id integer not null, kind text not null default 'meter', code text not null, slot integer, is_active boolean not null default true,
    lookup text generated always as (lower(code)) stored, primary key (tenant_id, id), unique (tenant_id, kind, id), exclude using btree (tenant_id with =, slot with =));
  create unique index on ${schema}.meters (tenant_id, lookup);
  create unique index on ${schema}.meters (tenant_id, (upper(code))) where is_active;
  create table ${schema}.readings (tenant_id uuid not null, meter integer not null, at timestamptz not null, kind text generated always as ('meter'::text) stored, value integer, previous timestamptz, primary key (tenant_id, meter, at),
    foreign key (tenant_id, kind, meter) references ${schema}.meters (tenant_id, kind, id), foreign key (tenant_id, meter, previous) references ${schema}.readings on delete set null (previous));
  create index on ${schema}.readings (tenant_id, kind, meter); create index on ${schema}.readings (tenant_id, meter, previous);
  create table ${schema}.rates (tenant_id uuid not null, rate numeric not null, primary key (tenant_id, rate));
  create table ${schema}.charges (tenant_id uuid not null, id integer not null, rate numeric, other_rate numeric, code text, primary key (tenant_id, id),
    foreign key (tenant_id, rate) references ${schema}.rates on update cascade on delete cascade, foreign key (tenant_id, other_rate) references ${schema}.rates on update cascade on delete restrict,
    foreign key (tenant_id, code) references ${schema}.meters (tenant_id, lookup) on delete set null (code));
  create index on ${schema}.charges (tenant_id, rate); create index on ${schema}.charges (tenant_id, other_rate); create index on ${schema}.charges (tenant_id, code)`

test.each(['schema', 'database'] as const)(
  'keys that are generated, or have several forms as text, are moved to a %s and back',
  { timeout: 60_000 },
  (to) =>
    withTables(meters, ['meters', 'readings', 'rates', 'charges'], async (createIn) => {
      const tenant = await fresh(`meters-${to}`)
      const id = `'${tenant.id}'`
      const add = (from: number, upTo: number) => [
        `insert into meters (tenant_id, id, code, slot) select ${id}, n, 'Code ' || n, n from generate_series(${from}, ${upTo}) as n`,
        `insert into readings (tenant_id, meter, at, value, previous) select ${id}, m.id, timestamptz '2026-01-01' + n * interval '1 hour', n, case when n > 1 then timestamptz '2026-01-01' + (n - 1) * interval '1 hour' end from meters as m, generate_series(1, 4) as n where m.id between ${from} and ${upTo}`,
        `insert into rates select ${id}, n + 0.5 from generate_series(${from}, ${upTo}) as n`,
        `insert into charges select ${id}, n, n + 0.5, ${from} + 0.5, 'code ' || n from generate_series(${from}, ${upTo}) as n`,
      ]
      const change = (from: number) => [
        // unique values pass from one row to the other
        `update charges set code = null`,
        `update meters set code = 'x', slot = null where id = ${from}`,
        `update meters set code = 'CODE ${from}', slot = ${from} where id = ${from + 1}`,
        `update meters set code = 'code ${from + 1}', slot = ${from + 1} where id = ${from}`,
        `update charges set code = 'code ' || id`,
        `update readings set value = value + 10 where meter = ${from}`,
        `update rates set rate = rate * 1.00 where rate < ${from} + 2`,
        `update rates set rate = 1000 + rate where rate = ${from} + 2.5`,
        `delete from readings where meter = ${from + 1} and value = 2`,
        `delete from rates where rate = ${from} + 3.5`,
        `insert into rates values (${id}, ${from} + 3.5)`,
        `delete from charges where id = ${from + 4}`,
        `insert into charges values (${id}, ${from + 4}, ${from} + 3.50, null, null)`,
      ]
      await write(tenant, ...add(1, 10))
      const away = await moveAway(tenant, to, createIn)
      await perform(away, 'copied')
      await write(tenant, ...change(1), ...add(21, 30))
      await perform(away, 'caught_up')
      await write(tenant, ...change(21))
      await complete(tenant, away)
      await write(tenant, ...change(5))
      const back = await requestRollback(tenancy(), actionOn(tenant))
      await perform(back, 'copied')
      await write(tenant, ...change(25), ...add(31, 40))
      await complete(tenant, back, 'cleaned')
      expect(await countIn('meters', tenant)).toBe(30)
    }),
)

test.each(['schema', 'database'] as const)(
  'a unique value that passes to a row that is not copied yet does not stop a move to a %s',
  { timeout: 60_000 },
  async (to) => {
    const tenant = await fresh(`overtaken-${to}`)
    const move = await perform(await request(tenant, to), 'capturing')
    const ids = await admin(
      `select id::text, number from shared.notes where tenant_id = '${tenant.id}' order by id`,
    )
    const [first, last] = [ids[0], ids.at(-1)]
    const name = privateName(tenant.id)
    const target = to === 'database' ? name : undefined
    // as if the first note had been a chunk
    await admin(
      `insert into ${name}.notes (tenant_id, id, number, title) values ('${tenant.id}', '${first?.id}', ${first?.number}, 'copied');
       insert into tenancy.copy_progress values ('${tenant.id}', '${move.id}', 'notes', array['${first?.id}'], 1, false)`,
      target,
    )
    await write(
      tenant,
      `update notes set number = 7 where id = '${first?.id}'`,
      `update notes set number = ${first?.number} where id = '${last?.id}'`,
    )
    expect(await perform(move, 'copied')).toMatchObject({ state: 'copied' })
    await complete(tenant, move)
  },
)

// in the order of their references, the tables of the circles are mixed
const circles = (schema: string) => `
  create table ${schema}.aa (tenant_id uuid not null, id integer not null, zz integer, primary key (tenant_id, id));
  create table ${schema}.ma (tenant_id uuid not null, id integer not null, mz integer, primary key (tenant_id, id));
  create table ${schema}.mz (tenant_id uuid not null, id integer not null, ma integer, primary key (tenant_id, id), foreign key (tenant_id, ma) references ${schema}.ma);
  create table ${schema}.zz (tenant_id uuid not null, id integer not null, aa integer, ma integer, primary key (tenant_id, id), foreign key (tenant_id, aa) references ${schema}.aa, foreign key (tenant_id, ma) references ${schema}.ma);
  alter table ${schema}.aa add foreign key (tenant_id, zz) references ${schema}.zz deferrable;
  alter table ${schema}.ma add foreign key (tenant_id, mz) references ${schema}.mz deferrable`

test(
  'a circle of tables that refers to another circle is moved, and its old copy deleted',
  { timeout: 60_000 },
  () =>
    withTables(circles, ['aa', 'ma', 'mz', 'zz'], async (createIn) => {
      const tenant = await fresh('circles')
      await write(
        tenant,
        `insert into ma values ('${tenant.id}', 1, null)`,
        `insert into mz values ('${tenant.id}', 1, 1)`,
        'update ma set mz = 1',
        `insert into aa values ('${tenant.id}', 1, null)`,
        `insert into zz values ('${tenant.id}', 1, 1, 1)`,
        'update aa set zz = 1',
      )
      await complete(tenant, await moveAway(tenant, 'schema', createIn))
      expect(await perform(await requestConfirm(tenancy(), actionOn(tenant)))).toMatchObject({
        state: 'cleaned',
      })
      expect(await countRemaining(mainAdmin(), 'shared', tenant.id)).toBe(0)
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
