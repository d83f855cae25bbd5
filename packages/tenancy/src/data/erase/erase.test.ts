import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { countCall } from '#tenancy/admission/api-rate'
import { recordAudit } from '#tenancy/audit/record'
import { withConnection } from '#tenancy/base/connect'
import { Invalid } from '#tenancy/base/errors'
import { newId } from '#tenancy/base/ids'
import { placementKinds } from '#tenancy/base/tenancy'
import { OnHold } from '#tenancy/data/errors'
import * as erasures from '#tenancy/data/erase/erasures'
import { eraseTenant } from '#tenancy/data/erase/erase-tenant'
import { runErasure } from '#tenancy/data/erase/run-erasure'
import * as exports from '#tenancy/data/export/exports'
import { runExport } from '#tenancy/data/export/run-export'
import * as holds from '#tenancy/data/holds'
import { fingerprint } from '#tenancy/testing/archives'
import { members, people } from '#tenancy/testing/fixture/schema'
import { addAppTables, platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import {
  callerFor,
  createTestTenant,
  person,
  type TestTenant,
} from '#tenancy/testing/fixture/test-tenants'
import { tracesOf } from '#tenancy/testing/traces'

const admin = process.env.DATABASE_URL ?? ''

/**
 * Tables of an app: one with rows of a tenant, one with references to a tenant that are set to
 * null, two that refer to each other, and one with the name of an engine table.
 */
const appTables = `
  set role rowhouse_owner;
  create table platform.letters (id uuid primary key, tenant_id uuid references tenancy.tenants on delete cascade, content text not null);
  create table platform.choices (
    person_id uuid primary key references platform.people on delete cascade,
    tenant_id uuid references tenancy.tenants on delete set null);
  create table platform.folders (tenant_id uuid not null, id uuid not null, cover uuid, primary key (tenant_id, id));
  create table platform.pages (
    tenant_id uuid not null, id uuid not null, folder_id uuid not null, title text not null, primary key (tenant_id, id),
    foreign key (tenant_id, folder_id) references platform.folders on delete cascade);
  alter table platform.folders add foreign key (tenant_id, cover) references platform.pages on delete set null (cover);
  create table platform.audit (id uuid primary key, tenant_id uuid not null references tenancy.tenants on delete cascade, content text not null);`

addAppTables({
  letters: 'delete',
  choices: 'set null',
  folders: 'delete',
  pages: 'delete',
  audit: 'delete',
})

beforeAll(async () => {
  process.env.EXPORT_DIR = await mkdtemp(join(tmpdir(), 'rowhouse-erase-'))
  await withConnection(admin, (client) => client.query(appTables))
})

const traces = (texts: string[]) =>
  tracesOf({ adminUrl: admin, exportFolder: process.env.EXPORT_DIR ?? '' }, texts)

/** Creates a tenant with rows in every table. */
async function busy(kind: (typeof placementKinds)[number]): Promise<TestTenant> {
  const one = await createTestTenant(kind, 'gone', 5)
  await runExport(tenancy(), (await exports.request(platform(), one.id, one.mark)).id)
  await exports.request(platform(), one.id, one.mark)
  await recordAudit(platform(), {
    actor: one.mark,
    action: 'tested',
    tenantId: one.id,
    detail: { name: one.mark },
  })
  await countCall(tenancy(), { tenantId: one.id })
  const [folder, page] = [newId(), newId()]
  await withConnection(admin, async (client) => {
    for (const [table, columns, values] of [
      ['platform.letters', 'id, tenant_id, content', [newId(), one.id, one.mark]],
      ['platform.choices', 'person_id, tenant_id', [one.owner.actor.id, one.id]],
      ['platform.folders', 'tenant_id, id', [one.id, folder]],
      ['platform.pages', 'tenant_id, id, folder_id, title', [one.id, page, folder, one.mark]],
      ['platform.audit', 'id, tenant_id, content', [newId(), one.id, one.mark]],
      [
        'tenancy.moves',
        'id, tenant_id, state, source, target, tier_from, tier_to, requested_by, reason',
        [newId(), one.id, 'aborted', '{}', '{}', 'starter', 'business', one.mark, one.mark],
      ],
      [
        'tenancy.service_entries',
        'at, tenant_id, login, reason',
        [new Date(), one.id, 'test', one.mark],
      ],
      [
        'tenancy.retention_progress',
        'tenant_id, run_id, table_name, deleted',
        [one.id, newId(), 'notes', 1],
      ],
    ] as const)
      await client.query(
        `insert into ${table} (${columns}) values (${values.map((_, i) => `$${i + 1}`).join(', ')})`,
        [...values],
      )
    await client.query(
      `select lo_from_bytea(4711, convert_to('${one.mark}', 'UTF8')); alter large object 4711 owner to rowhouse_tenant`,
    )
    await client.query('update platform.folders set cover = $2 where tenant_id = $1', [
      one.id,
      page,
    ])
  })
  return one
}

describe.each(placementKinds)('erasing a tenant in a %s placement', (kind) => {
  it('removes every trace of it and leaves all other tenants unchanged', async () => {
    const [one, other] = [await busy(kind), await createTestTenant(kind, 'stays', 5)]
    const guest = await person('Both')
    await platform()
      .insert(members)
      .values([one, other].map(({ id }) => ({ tenantId: id, personId: guest, role: 'member' })))
    await callerFor(guest, one.id)
    await withConnection(admin, (client) =>
      client.query('insert into platform.choices values ($1, $2)', [guest, one.id]),
    )
    await countCall(tenancy(), { tenantId: other.id })
    const before = await fingerprint(tenancy(), other.id)
    expect((await traces([one.mark, one.id])).length).toBeGreaterThan(10)

    const { id } = await erasures.request(
      tenancy(),
      one.id,
      { actor: one.mark, userId: one.owner.actor.id },
      0,
    )
    const receipt = await runErasure(tenancy(), id)

    expect(receipt).toMatchObject({
      'rows of notes': 5,
      'rows of note_lines': 10,
      'export files': 1,
      'large objects': 1,
      tenants: 1,
      members: 2,
      tokens: 2,
      people: 1,
      letters: 1,
      pages: 1,
      'choices detached': 2,
      placements: 1,
      moves: 1,
      rate_limits: 1,
      retention_progress: 1,
    })
    expect(await traces([one.mark, one.slug, `t_${one.id.replaceAll('-', '')}`])).toEqual([])
    expect(await traces([one.id])).toEqual(['main tenancy.audit', 'main tenancy.erasures'])
    const { rows: logins } = await withConnection(admin, (client) =>
      client.query(`select from pg_roles where rolname = $1`, [`t_${one.id.replaceAll('-', '')}`]),
    )
    expect(logins).toEqual([])
    expect(await fingerprint(tenancy(), other.id)).toEqual(before)
    const { rows: left } = await withConnection(admin, (client) =>
      client.query(
        'select c.tenant_id as chosen, m.tenant_id as member from platform.choices as c join platform.members as m using (person_id) where person_id = $1',
        [guest],
      ),
    )
    expect(left).toEqual([{ chosen: null, member: other.id }])
    expect((await platform().select().from(people)).map(({ id: known }) => known)).toEqual(
      expect.arrayContaining([guest, other.owner.actor.id]),
    )
    expect(await runErasure(tenancy(), id)).toBeUndefined()
    await eraseTenant(tenancy(), other.id)
  }, 60_000)
})

describe('the trail', () => {
  it('still verifies after a tenant was erased', async () => {
    const { rows } = await withConnection(admin, (client) =>
      client.query<{ broken: number; emptied: number; all: number }>(`
      select count(*)::int as all,
        count(*) filter (where a.hash <> tenancy.audit_hash(a) or a.previous <> coalesce(b.hash, '\\x'))::int as broken,
        count(*) filter (where a.content <> tenancy.audit_content(a))::int as emptied
      from tenancy.audit as a
      left join lateral (select hash from tenancy.audit where seq < a.seq order by seq desc limit 1) as b on true`),
    )
    expect(rows[0]?.all).toBeGreaterThan(3)
    expect(rows[0]).toMatchObject({ broken: 0 })
    expect(rows[0]?.emptied).toBeGreaterThan(0)
  })
})

describe('an erasure', () => {
  it('waits, and can be withdrawn until it is due', async () => {
    const one = await createTestTenant('shared', 'waits', 2)
    const requested = await erasures.request(tenancy(), one.id, { actor: 'test', userId: null })
    expect(await runErasure(tenancy(), requested.id)).toBeUndefined()
    expect((await erasures.request(tenancy(), one.id, { actor: 'test', userId: null })).id).toBe(
      requested.id,
    )
    expect((await erasures.due(platform())).map(({ id }) => id)).not.toContain(requested.id)
    expect((await fingerprint(tenancy(), one.id)).notes).toMatch(/^2 /)
    await erasures.withdraw(tenancy(), one.id, 'test')
    await expect(erasures.withdraw(tenancy(), one.id, 'test')).rejects.toBeInstanceOf(Invalid)
    expect(await erasures.current(platform(), one.id)).toBeUndefined()
  })

  it('does nothing to a tenant on hold, even if it was requested earlier', async () => {
    const one = await createTestTenant('shared', 'held', 2)
    const requested = await erasures.request(tenancy(), one.id, { actor: 'test', userId: null }, 0)
    await holds.hold(tenancy(), {
      tenantId: one.id,
      slug: one.slug,
      actor: 'test',
      reason: 'court',
    })
    await expect(runErasure(tenancy(), requested.id)).rejects.toBeInstanceOf(OnHold)
    await expect(
      erasures.request(
        tenancy(),
        (await createTestTenant('shared', 'x', 1)).id,
        { actor: 'test', userId: null },
        0,
      ),
    ).resolves.toBeDefined()
    expect((await fingerprint(tenancy(), one.id)).notes).toMatch(/^2 /)
  })

  it.each(placementKinds)(
    'in a %s placement continues after a failure, and its receipt keeps the counts of the first run',
    async (kind) => {
      const one = await createTestTenant(kind, 'broken', 3)
      const { id } = await erasures.request(tenancy(), one.id, { actor: 'test', userId: null }, 0)
      await withConnection(admin, (client) =>
        client.query(`
      create function platform.break() returns trigger language plpgsql as 'begin raise exception ''power failure''; end';
      create trigger break before delete on tenancy.tenants for each row execute function platform.break()`),
      )
      await expect(runErasure(tenancy(), id)).rejects.toMatchObject({
        cause: { code: 'P0001' },
      })
      expect(await erasures.current(platform(), one.id)).toMatchObject({
        receipt: { 'rows of notes': 3 },
        endedAt: null,
      })
      await withConnection(admin, (client) =>
        client.query('drop function platform.break() cascade'),
      )
      expect(await runErasure(tenancy(), id)).toMatchObject({ 'rows of notes': 3, tenants: 1 })
      expect(await traces([one.mark])).toEqual([])
    },
    60_000,
  )
})
