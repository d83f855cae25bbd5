import { beforeAll, describe, expect, it } from 'vitest'
import { finished } from '#db/fleet/finish'
import { assertBuildFits } from '#db/fleet/gate'
import { migration, upTo } from '#db/fleet/history'
import { lint } from '#db/fleet/lint'
import { plan } from '#db/fleet/plan'
import { runFleet } from '#db/fleet/run'
import { addColumn, withMore } from '#db/fleet/testing/histories'
import { makeFleet } from '#db/fleet/testing/make-fleet'
import { inTenant, query } from '#db/fleet/testing/tenant-rows'

const later = (text: string) => migration('tenant', 1, '0001_more', text)

describe('the lint of tenant files refuses', () => {
  const wrong: [text: string, because: RegExp][] = [
    [
      'alter table orders add constraint c foreign key (tenant_id, customer_id) references "public"."customers" (tenant_id, id) not valid',
      /another schema/,
    ],
    ['alter table shared.orders add column x int', /search path/],
    [`create type mood as enum ('good')`, /text with a check/],
    ['create table t (tenant_id uuid, n bigserial)', /counters/],
    ['update orders set note = 1', /data step/],
    [
      'alter table orders add constraint c foreign key (customer_id) references customers (id) not valid',
      /starts with tenant_id/,
    ],
    [
      'alter table orders add constraint c foreign key (tenant_id, x) references customers (tenant_id, id) on delete set null not valid',
      /set tenant_id to null/,
    ],
    [
      'alter table orders add constraint c foreign key (tenant_id, x) references customers (tenant_id, id)',
      /tenancy\.validate/,
    ],
    ['create unique index u on orders (note)', /tell of a neighbour/],
    ['alter table orders add constraint c unique (note)', /key starts with tenant_id/],
    [
      'create table t (tenant_id uuid, id uuid, primary key (tenant_id, id))',
      /tenancy\.protect\(current_schema\(\), 't'\)/,
    ],
    ['create index concurrently i on orders (tenant_id)', /-- no transaction/],
    ['-- no transaction\nalter table orders add column x int', /run again from its start/],
    ['begin; select 1', /begins and ends/],
    ['set role rowhouse_worker', /outlive/],
  ]
  it.each(wrong)('%s', (text, because) => {
    expect(lint([later(text)]).join('\n')).toMatch(because)
  })

  it('and nothing that is well written', () => {
    const fine = [
      addColumn('x'),
      '-- no transaction\ncreate index concurrently if not exists i on orders (tenant_id, note)',
      `create table t (tenant_id uuid, id uuid, primary key (tenant_id, id));--> statement-breakpoint\nselect tenancy.protect(current_schema(), 't')`,
      `alter table orders add constraint c foreign key (tenant_id, x) references customers (tenant_id, id) on delete set null (x) not valid;--> statement-breakpoint\nselect tenancy.validate(current_schema(), 'orders', 'c')`,
    ]
    expect(lint(fine.map(later))).toEqual([])
  })
})

it('a generated file loses the schema, checks its keys in the way that policies allow, and protects its tables', () => {
  const text = `CREATE TABLE "notes" (\n\t"tenant_id" uuid NOT NULL,\n\t"id" uuid NOT NULL,\n\tCONSTRAINT "p" PRIMARY KEY("tenant_id","id")\n);\n--> statement-breakpoint\nALTER TABLE "notes" ADD CONSTRAINT "k" FOREIGN KEY ("tenant_id","id") REFERENCES "public"."orders"("tenant_id","id") ON DELETE cascade ON UPDATE no action;`
  const done = finished(later(text))
  expect(done).toContain(
    `REFERENCES "orders"("tenant_id","id") ON DELETE cascade ON UPDATE no action NOT VALID;--> statement-breakpoint\nselect tenancy.validate(current_schema(), 'notes', 'k');--> statement-breakpoint\nselect tenancy.protect(current_schema(), 'notes');\n`,
  )
  expect(lint([later(done)])).toEqual([])
  expect(finished(later(done))).toBe(done)
})

it('a history ends at a tag or a number', async () => {
  const { tenant } = await withMore('select 1', 'select 2')
  expect(upTo(tenant, '9001_test').at(-1)?.tag).toBe('9001_test')
  expect(upTo(tenant, '9001').at(-1)?.tag).toBe('9001_test')
  expect(() => upTo(tenant, '9009')).toThrow(
    'migration 9009 is missing: no file of this build has that name; the last is 9002_test',
  )
})

describe('on a fleet', () => {
  beforeAll(async () => {
    const [first] = await makeFleet(process.env.DATABASE_URL ?? '', 2)
    if (!first) throw new Error('no fleet')
    await inTenant(
      first.id,
      `insert into customers (tenant_id, id, name) select '${first.id}', gen_random_uuid(), 'name ' || n from generate_series(1, 20000) as n`,
    )
    await query(`analyze ${first.schema}.customers`)
  })

  it('the plan says who lacks what, and warns where writers would wait for long', async () => {
    const histories = await withMore(
      'create index customers_note on customers (tenant_id, note);--> statement-breakpoint\ncreate index products_x on products (tenant_id, version);--> statement-breakpoint\nalter table customers drop column note',
    )
    const [file, ...rest] = await plan({ histories })
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
          /^the index is built under the lock; customers has about 20,000 rows in t_/,
        ),
        safer: expect.stringContaining('create index concurrently'),
        touches: [{ lock: 'share', table: 'customers', blocks: true }],
      },
      { warning: null, touches: [{ table: 'products', blocks: true }] },
      {
        warning: 'code of the release before still names it',
        safer: expect.stringContaining('expand and contract'),
      },
    ])
  })

  it('the plan advises nothing about a table that the same file makes', async () => {
    const histories = await withMore(
      'create table drafts (tenant_id uuid not null, id uuid not null, constraint drafts_pkey primary key (tenant_id, id));--> statement-breakpoint\ncreate index drafts_x on drafts (tenant_id)',
    )
    const [file] = await plan({ histories })
    expect(file?.statements).toMatchObject([
      { warning: null, safer: null },
      { warning: null, safer: null, touches: [{ table: 'drafts', blocks: false }] },
    ])
  })

  it('an older build serves while newer files only add, and stops at one that breaks it', async () => {
    const older = await withMore()
    await runFleet({ histories: await withMore(addColumn('kind_of')) })
    await expect(assertBuildFits(older)).resolves.toBeUndefined()
    await runFleet({
      histories: await withMore(
        addColumn('kind_of'),
        '-- breaking: orders have no note any more\nalter table orders drop column note cascade',
      ),
    })
    await expect(assertBuildFits(older)).rejects.toThrow(
      /is at 9002_test but this build knows up to \d{4}_\w+ \(which breaks it: orders have no note any more\); use a build with 9002_test or later/,
    )
  })
})
