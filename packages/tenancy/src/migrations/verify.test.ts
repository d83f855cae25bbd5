import { beforeAll, describe, expect, it } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { digests } from '#tenancy/migrations/fingerprint'
import { withMore } from '#tenancy/testing/migrations/histories'
import { makeFleet, type FleetTenant } from '#tenancy/testing/migrations/make-fleet'
import { nth, query } from '#tenancy/testing/migrations/tenant-rows'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { verifyFleet, type Drift } from '#tenancy/migrations/verify'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

const made = ['labels', 'visits', 'marks', 'readers']
const histories = await withMore(
  tenancy(),
  made
    .flatMap((name) => [
      `create table ${name} (tenant_id uuid not null, id uuid not null, name text not null, version integer not null default 1, constraint ${name}_pkey primary key (tenant_id, id))`,
      `select tenancy.protect(current_schema(), '${name}')`,
    ])
    .concat(
      `alter table labels add constraint labels_version check ((version between 1 and 9 and name <> '') or (version > 9 and (name ~ 'x' and name ~ 'y')))`,
      `alter table labels add column kind varchar(9) default 'a', add constraint labels_kind check (kind in ('a', 'b'))`,
      `create index labels_some on labels (tenant_id, version) where version between 1 and 9 and name is not null`,
    )
    .join(';--> statement-breakpoint\n'),
)
let fleet: FleetTenant[]
beforeAll(async () => {
  await runFleet(tenancy(), { histories })
  fleet = await makeFleet(tenancy(), process.env.DATABASE_URL ?? '', 8, {
    history: histories.tenant,
  })
})

it('a fleet created from its migrations has no drift', async () => {
  expect(await verifyFleet(tenancy(), histories)).toMatchObject({ targets: 10, drift: [] })
})

/** Creates the constraints and indexes of a table again as PostgreSQL prints them, as a restore does. */
async function recreateAsPrinted(table: string): Promise<void> {
  const rows = await query<{ statement: string }>(
    `select format('alter table %1$s drop constraint %2$I, add constraint %2$I %3$s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as statement
     from pg_constraint where conrelid = '${table}'::regclass and contype = 'c'
     union all
     select format('drop index %s; %s', indexrelid::regclass, pg_get_indexdef(indexrelid))
     from pg_index where indrelid = '${table}'::regclass and not indisprimary`,
  )
  for (const { statement } of rows) await query(statement)
}

it('expressions that a restore prints in another form are no drift', async () => {
  const { schema } = nth(fleet, 3)
  const printed = () =>
    withConnection(process.env.DATABASE_URL ?? '', (client) => digests(client, [schema]))
  const before = await printed()
  await recreateAsPrinted(`${schema}.labels`)
  expect(await printed()).not.toEqual(before)
  expect((await verifyFleet(tenancy(), histories)).drift).toEqual([])
})

type DriftCase = [
  what: string,
  change: string,
  object: RegExp,
  expected: RegExp | null,
  found: RegExp | null,
]
const driftCases: DriftCase[] = [
  [
    'a dropped policy',
    'drop policy tenant_only on S.notes',
    /^policy tenant_only on notes$/,
    /^restrictive/,
    null,
  ],
  [
    'another policy',
    'create policy more on S.notes using (true)',
    /^policy more on notes$/,
    null,
    /using \(true\)/,
  ],
  [
    'a policy that permits more',
    'alter policy tenant on S.notes using (true)',
    /^policy tenant on notes$/,
    /tenancy\.tenant/,
    /using \(true\)/,
  ],
  [
    'row-level security that is not forced',
    'alter table S.notes no force row level security',
    /^table notes$/,
    /, forced/,
    /not forced/,
  ],
  [
    'disabled row-level security',
    'alter table S.labels disable row level security',
    /^table labels$/,
    /security on/,
    /security off/,
  ],
  [
    'an extra column',
    'alter table S.readers add column extra int',
    /^column readers\.extra$/,
    null,
    /integer/,
  ],
  [
    'a changed default',
    'alter table S.labels alter version set default 2',
    /^column labels\.version$/,
    /default 1/,
    /default 2/,
  ],
  [
    'another type',
    'alter table S.note_lines alter position type bigint',
    /^column note_lines\.position$/,
    /integer/,
    /bigint/,
  ],
  [
    'a column that has become nullable',
    'alter table S.labels alter name drop not null',
    /^column labels\.name$/,
    /not null/,
    /^text$/,
  ],
  [
    'a missing grant',
    'revoke update on S.visits from S',
    /^rights of t_\w+ on visits$/,
    /UPDATE/,
    /^DELETE, INSERT, SELECT$/,
  ],
  [
    'a grant to another role',
    'grant select on S.visits to rowhouse_platform',
    /^rights of rowhouse_platform on visits$/,
    null,
    /SELECT/,
  ],
  [
    'a privilege on one column',
    'grant update (body) on S.notes to public',
    /^rights of public on notes\.body$/,
    null,
    /UPDATE/,
  ],
  ['a dropped index', 'drop index S.notes_created', /^index notes_created$/, /USING btree/, null],
  [
    'a constraint that is not validated',
    'alter table S.notes drop constraint notes_title, add constraint notes_title check (length(title) between 1 and 200) not valid',
    /^constraint notes_title on notes$/,
    /CHECK/,
    /NOT VALID/,
  ],
  [
    'a changed part of a condition',
    `alter table S.labels drop constraint labels_version, add constraint labels_version check ((version between 1 and 9 and name <> '') or (version > 9 and (name ~ 'x' or name ~ 'y')))`,
    /^constraint labels_version on labels$/,
    /AND \(name ~ 'y'/,
    /OR \(name ~ 'y'/,
  ],
  [
    'a changed index predicate',
    'drop index S.labels_some; create index labels_some on S.labels (tenant_id, version) where version between 1 and 8 and name is not null',
    /^index labels_some$/,
    /<= 9/,
    /<= 8/,
  ],
  [
    'another owner',
    'alter table S.marks owner to rowhouse_worker',
    /^table marks$/,
    /owner rowhouse_owner/,
    /owner rowhouse_worker/,
  ],
  [
    'a trigger',
    'create trigger spy after insert on S.readers for each row execute function suppress_redundant_updates_trigger()',
    /^trigger spy on readers$/,
    null,
    /AFTER INSERT/,
  ],
  [
    'a disabled trigger',
    'alter table S.readers disable trigger user',
    /^trigger (?!spy)\w+ on readers$/,
    /CREATE TRIGGER/,
    /enabled D/,
  ],
  [
    'a table that no migration creates',
    'create table S.more (id int)',
    /^table more$/,
    null,
    /row level security off/,
  ],
  [
    'a function',
    `create function S.peek() returns int language sql as 'select 1'`,
    /^function peek\(\)$/,
    null,
    /select 1/,
  ],
  [
    'a view',
    'create view S.all_notes as select * from S.notes',
    /^view all_notes$/,
    null,
    /SELECT/,
  ],
  [
    'a changed engine function',
    `create or replace function tenancy.target_key(p_schema text) returns bigint language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as 'select 1'`,
    /^function target_key/,
    /hashtextextended/,
    /select 1/,
  ],
  [
    'an extra grant in the platform schema',
    'grant select on platform.tokens to rowhouse_tenant',
    /^rights of rowhouse_tenant on tokens$/,
    null,
    /SELECT/,
  ],
]

describe('drift in one target is found and reported', () => {
  let drift: Drift[]
  let slug: string
  beforeAll(async () => {
    const changed = nth(fleet, 5)
    slug = changed.slug
    for (const [, change] of driftCases) await query(change.replaceAll(/\bS\b/g, changed.schema))
    drift = (await verifyFleet(tenancy(), histories)).drift
  })

  it.each(driftCases)('%s', (_what, change, object, expected, found) => {
    const target = change.includes('tenancy.target_key')
      ? 'tenancy'
      : change.includes('platform.tokens')
        ? 'platform'
        : slug
    const named = drift.filter((each) => each.target === target && object.test(each.object))
    expect(named.map((each) => [each.expected ?? 'nothing', each.found ?? 'nothing'])).toEqual([
      [expect.stringMatching(expected ?? /^nothing$/), expect.stringMatching(found ?? /^nothing$/)],
    ])
  })

  it('and in no other target', () => {
    expect([...new Set(drift.map(({ target }) => target))].sort()).toEqual(
      [slug, 'platform', 'tenancy'].sort(),
    )
  })
})

it('a missing schema is reported', async () => {
  const { slug, schema } = nth(fleet, 6)
  await query(`drop schema ${schema} cascade`)
  expect((await verifyFleet(tenancy(), histories)).drift).toContainEqual({
    target: slug,
    object: 'schema',
    expected: 'exists',
    found: null,
  })
})
