import { beforeAll, describe, expect, it } from 'vitest'
import { finishGenerated } from '#tenancy/migrations/finish-generated'
import { assertBuildCompatible } from '#tenancy/migrations/startup-check'
import { migration, upTo } from '#tenancy/migrations/history'
import { lintMigrations } from '#tenancy/migrations/lint'
import { planMigrations } from '#tenancy/migrations/plan'
import { runFleet } from '#tenancy/migrations/run-migrations'
import { addColumn, withMore } from '#tenancy/testing/migrations/histories'
import { makeFleet } from '#tenancy/testing/migrations/make-fleet'
import { inTenant, query } from '#tenancy/testing/migrations/tenant-rows'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

const later = (text: string) => migration('tenant', 1, '0001_more', text)

describe('the lint of tenant files refuses', () => {
  const hens =
    'create table hens (tenant_id uuid, id uuid, egg uuid, primary key (tenant_id, id), foreign key (tenant_id, egg) references eggs); create index h on hens (tenant_id, egg)'
  const eggs =
    'create table eggs (tenant_id uuid, id uuid, hen uuid, primary key (tenant_id, id), foreign key (tenant_id, hen) references hens); create index e on eggs (tenant_id, hen)'
  const wrong: [text: string, because: RegExp][] = [
    [
      'alter table note_lines add constraint c foreign key (tenant_id, note_id) references "public"."notes" (tenant_id, id) not valid',
      /another schema/,
    ],
    ['alter table shared.notes add column x int', /search path/],
    [`create type mood as enum ('good')`, /text with a check/],
    ['create table t (tenant_id uuid, n bigserial)', /counters/],
    ['update notes set body = 1', /data step/],
    [
      'alter table note_lines add constraint c foreign key (note_id) references notes (id) not valid',
      /starts with tenant_id/,
    ],
    [
      'alter table note_lines add constraint c foreign key (tenant_id, x) references notes (tenant_id, id) on delete set null not valid',
      /set tenant_id to null/,
    ],
    [
      'alter table note_lines add constraint c foreign key (tenant_id, x) references notes (tenant_id, id)',
      /tenancy\.validate/,
    ],
    ['create unique index u on notes (title)', /reveal another tenant's row/],
    ['alter table notes add constraint c unique (title)', /key starts with tenant_id/],
    [
      'create table t (tenant_id uuid, id uuid, primary key (tenant_id, id))',
      /tenancy\.protect\(current_schema\(\), 't'\)/,
    ],
    ['create index concurrently i on notes (tenant_id)', /-- no transaction/],
    ['-- no transaction\nalter table notes add column x int', /run again from its start/],
    ['begin; select 1', /begins and ends/],
    ['set role rowhouse_worker', /outlive/],
    ['select 1; reset all', /outlive/],
    ['alter table notes add column x int; drop table "public".note_lines', /another schema/],
    [
      'create trigger t before update on notes for each row execute function f()',
      /when \(not tenancy\.is_move\(\)\)/,
    ],
    ['alter table notes add constraint c unique (tenant_id, title) deferrable', /on conflict/],
    [
      'alter table note_lines add constraint c foreign key (tenant_id, x) references notes (tenant_id, id) not valid; create index i on note_lines (tenant_id, y, x)',
      /foreign key of note_lines \(tenant_id, x\) to notes: no index of note_lines starts/,
    ],
    [`${hens}; ${eggs}`, /foreign key of eggs \(tenant_id, hen\) to hens: it is part of a circle/],
    ['create table t (tenant_id uuid, id uuid primary key)', /key starts with tenant_id/],
    [
      'create table t (tenant_id uuid, note_id uuid references notes (id))',
      /foreign key starts with tenant_id/,
    ],
    ['alter table notes add column x uuid unique', /key starts with tenant_id/],
    ['with gone as (delete from notes returning id) select id from gone', /data step/],
    [`do $$ begin update notes set title = ''; end $$`, /data step/],
    [
      '-- no transaction\ndrop index concurrently if exists a; drop index concurrently if exists b',
      /separate statements with breakpoints/,
    ],
    [
      'alter table notes add column x int;--> statement-breakpoint\nselect 1;\nalter tabel notes',
      /^0001_more: syntax error at or near "tabel" \(line 3, column 7\)/,
    ],
  ]
  it.each(wrong)('%s', async (text, because) => {
    expect((await lintMigrations([later(text)])).join('\n')).toMatch(because)
  })

  it('nothing that follows the rules', async () => {
    const fine = [
      addColumn('x'),
      '-- no transaction\ncreate index concurrently if not exists i on notes (tenant_id, body)',
      `create table t (tenant_id uuid, id uuid, primary key (tenant_id, id));--> statement-breakpoint\nselect tenancy.protect(current_schema(), 't')`,
      `create index i on note_lines (tenant_id, x);--> statement-breakpoint\nalter table note_lines add constraint c foreign key (tenant_id, x) references notes (tenant_id, id) on delete set null (x) not valid;--> statement-breakpoint\nselect tenancy.validate(current_schema(), 'note_lines', 'c')`,
      // keywords in strings, comments, names and function bodies
      `comment on column notes.body is 'update public.notes; begin'`,
      '/* set role x */ select 1 -- vacuum',
      'alter table notes add column "serial" text, add column "concurrently" text',
      'alter table notes add constraint c unique (tenant_id, title) /* unique (title) */',
      'create function f() returns void language sql as $$ delete from shared.notes $$',
      'set constraints all immediate',
      `create table t (tenant_id uuid, id uuid, note_id uuid, primary key (tenant_id, id), foreign key (tenant_id, note_id) references notes (tenant_id, id)); create index i on t (tenant_id, note_id, id); select tenancy.protect(current_schema(), 't')`,
      'create trigger t before update on notes for each row when (old.title <> new.title and not tenancy.is_move()) execute function f()',
      `${hens.replace('eggs)', 'eggs deferrable)')}; ${eggs}; select tenancy.protect(current_schema(), 'hens')--> statement-breakpoint\nselect tenancy.protect(current_schema(), 'eggs')`,
      'alter table note_lines add constraint c foreign key (tenant_id, x) references notes (tenant_id, id) not valid; alter table note_lines drop constraint c',
    ]
    const found = await Promise.all(fine.map((text) => lintMigrations([later(text)])))
    expect(found.flat()).toEqual([])
  })
})

it('finishing a generated file removes schemas, validates foreign keys as policies allow, and protects tables', async () => {
  const text = `CREATE TABLE "drafts" (\n\t"tenant_id" uuid NOT NULL,\n\t"id" uuid NOT NULL,\n\tCONSTRAINT "p" PRIMARY KEY("tenant_id","id")\n);\n--> statement-breakpoint\nALTER TABLE "drafts" ADD CONSTRAINT "k" FOREIGN KEY ("tenant_id","id") REFERENCES "public"."notes"("tenant_id","id") ON DELETE cascade ON UPDATE no action;`
  const done = await finishGenerated(later(text))
  expect(done).toContain(
    `REFERENCES "notes"("tenant_id","id") ON DELETE cascade ON UPDATE no action NOT VALID;--> statement-breakpoint\nselect tenancy.validate(current_schema(), 'drafts', 'k');--> statement-breakpoint\nselect tenancy.protect(current_schema(), 'drafts');\n`,
  )
  expect(await lintMigrations([later(done)])).toEqual([])
  expect(await finishGenerated(later(done))).toBe(done)
})

it('a history can end at a tag or a number', async () => {
  const { tenant } = await withMore(tenancy(), 'select 1', 'select 2')
  expect(upTo(tenant, '9001_test').at(-1)?.tag).toBe('9001_test')
  expect(upTo(tenant, '9001').at(-1)?.tag).toBe('9001_test')
  expect(() => upTo(tenant, '9009')).toThrow(
    'migration 9009 is missing: no file of this build has that name; the last is 9002_test',
  )
})

describe('on a fleet', () => {
  beforeAll(async () => {
    const [first] = await makeFleet(tenancy(), process.env.DATABASE_URL ?? '', 2)
    if (!first) throw new Error('no fleet')
    await inTenant(
      first.id,
      `insert into notes (tenant_id, id, number, title) select '${first.id}', gen_random_uuid(), n, 'title ' || n from generate_series(1, 20000) as n`,
    )
    await query(`analyze ${first.schema}.notes`)
  })

  it('the plan lists what each target lacks, and warns if writers would wait for long', async () => {
    const histories = await withMore(
      tenancy(),
      'create index notes_body on notes (tenant_id, body);--> statement-breakpoint\ncreate index note_lines_x on note_lines (tenant_id, quantity);--> statement-breakpoint\nalter table notes drop column body',
    )
    const [file, ...rest] = await planMigrations(tenancy(), { histories })
    expect(rest).toEqual([])
    expect(file).toMatchObject({
      migration: '9001_test',
      targets: ['fleet-0001', 'fleet-0002', 'shared'],
      transactional: true,
      outOfOrder: false,
    })
    expect(file?.statements).toMatchObject([
      {
        warning: expect.stringMatching(
          /^the index is built under the lock; notes has about 20,000 rows in t_/,
        ),
        safer: expect.stringContaining('create index concurrently'),
        touches: [{ lock: 'share', table: 'notes', blocks: true }],
      },
      { warning: null, touches: [{ table: 'note_lines', blocks: true }] },
      {
        warning: 'code of the previous release still names it',
        safer: expect.stringContaining('expand and contract'),
      },
    ])
  })

  it('the plan gives no advice on a table that the same file creates', async () => {
    const histories = await withMore(
      tenancy(),
      'create table drafts (tenant_id uuid not null, id uuid not null, constraint drafts_pkey primary key (tenant_id, id));--> statement-breakpoint\ncreate index drafts_x on drafts (tenant_id)',
    )
    const [file] = await planMigrations(tenancy(), { histories })
    expect(file?.statements).toMatchObject([
      { warning: null, safer: null },
      { warning: null, safer: null, touches: [{ table: 'drafts', blocks: false }] },
    ])
  })

  it('an older build serves while newer files are compatible, and is refused after a breaking one', async () => {
    const older = await withMore(tenancy())
    await runFleet(tenancy(), { histories: await withMore(tenancy(), addColumn('kind_of')) })
    await expect(assertBuildCompatible(tenancy(), older)).resolves.toBeUndefined()
    await runFleet(tenancy(), {
      histories: await withMore(
        tenancy(),
        addColumn('kind_of'),
        '-- breaking: notes no longer have a body\nalter table notes drop column body',
      ),
    })
    await expect(assertBuildCompatible(tenancy(), older)).rejects.toThrow(
      /is at 9002_test but this build knows up to \d{4}_\w+ \(which breaks it: notes no longer have a body\); use a build with 9002_test or later/,
    )
  })
})
