import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { newId, privateName } from '#tenancy/base/ids'
import { loginUrl, placementKinds, type PlacementKind } from '#tenancy/base/tenancy'
import { eraseTenant, type Receipt } from '#tenancy/data/erase/erase-tenant'
import { writeExport } from '#tenancy/data/export/write-export'
import { checkArchive, importTenant } from '#tenancy/data/import/import-tenant'
import { readArchiveMembers } from '#tenancy/data/import/archive-members'
import { restoreTenant } from '#tenancy/data/import/restore-tenant'
import { bringUpToDate } from '#tenancy/migrations/apply'
import { readTenantHistory } from '#tenancy/migrations/history'
import { placementOf } from '#tenancy/registry/placements'
import { bySlug } from '#tenancy/registry/tenants'
import {
  filesOf,
  fingerprint,
  manifestOf,
  temporaryFolder,
  writeFiles,
  writeLikeMacOs,
} from '#tenancy/testing/archives'
import { everyValue, tomorrow } from '#tenancy/testing/every-type'
import { members } from '#tenancy/testing/fixture/schema'
import {
  addAppTables,
  platform,
  tenancy,
  tiers,
  withTenant,
} from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenant,
  memberOf,
  tenantTables,
  type TestTenant,
} from '#tenancy/testing/fixture/test-tenants'

// Tables of an app: one with a row for each tenant, one with names that are unique in a tenant, one
// with a key without tenant_id, and a tree that other tables refer to.
addAppTables({
  sizes: 'delete',
  labels: 'delete',
  choices: 'set null',
  teams: 'delete',
  team_people: 'delete',
})

type TestTier = keyof typeof tiers
const tierNames = Object.keys(tiers) as TestTier[]

vi.mock('#tenancy/migrations/history', async (original) => {
  const history = await original<typeof import('#tenancy/migrations/history')>()
  const { tomorrow: added } = await import('#tenancy/testing/every-type')
  return {
    ...history,
    readTenantHistory: async (...given: Parameters<typeof history.readTenantHistory>) => [
      ...(await history.readTenantHistory(...given)),
      added,
    ],
  }
})

const sources = {} as Record<PlacementKind, TestTenant>
const made: string[] = []
let folder: string

beforeAll(async () => {
  folder = await temporaryFolder()
  await withConnection(loginUrl(tenancy(), 'migrator'), async (client) => {
    await client.query('set role rowhouse_owner')
    await bringUpToDate(client, 'shared', await readTenantHistory(tenancy()))
  })
  for (const kind of placementKinds) {
    sources[kind] = await createTestTenant(kind, 'source', 12)
    made.push(sources[kind].id)
    await withTenant(
      { kind: 'service', tenantId: sources[kind].id, reason: 'test' },
      async (tx) => {
        for (const statement of everyValue(sources[kind].id)) await tx.execute(sql.raw(statement))
      },
    )
  }
}, 60_000)

afterAll(async () => {
  for (const id of made) await eraseTenant(tenancy(), id)
  await rm(folder, { recursive: true })
}, 60_000)

/**
 * What remains of a tenant: its rows in the shared schema, and its dedicated schemas and databases.
 */
const rowsOf = (tenantId: string) =>
  withConnection(process.env.DATABASE_URL ?? '', async (admin) => {
    const {
      rows: [found],
    } = await admin.query<{ left: number }>(
      `
    select (select count(*) from shared.every_type where tenant_id = $1) + (select count(*) from shared.notes where tenant_id = $1)
      + (select count(*) from pg_namespace where nspname = $2) + (select count(*) from pg_database where datname = $2) + (select count(*) from pg_roles where rolname = $2) as left`,
      [tenantId, privateName(tenantId)],
    )
    return Number(found?.left)
  })
const exported = async (kind: PlacementKind) => {
  const path = join(folder, `${kind}.zip`)
  return {
    path,
    manifest: await writeExport(tenancy(), await placementOf(tenancy(), sources[kind].id), {
      path,
      reason: 'test',
    }),
  }
}
const imported = async (path: string, slug: string, tier: TestTier) => {
  const { tenantId } = await importTenant(tenancy(), {
    path,
    slug,
    tier,
    actor: 'test',
    ownerId: sources.shared.owner.actor.id ?? '',
  })
  made.push(tenantId)
  return tenantId
}

describe.each(placementKinds)('an export from a %s placement', (kind) => {
  it('contains every table of the catalogue, including one added later', async () => {
    const { path, manifest } = await exported(kind)
    expect(manifest.tables.map(({ name }) => name).toSorted()).toEqual(
      [...tenantTables, 'every_type'].sort(),
    )
    expect(manifest.migrations.at(-1)?.tag).toBe(tomorrow.tag)
    const files = await filesOf(path)
    expect(manifestOf(files)).toEqual(manifest)
    const lines = (files.get('ndjson/every_type.ndjson') ?? '').trimEnd().split('\n')
    expect(lines).toHaveLength(
      manifest.tables.find(({ name }) => name === 'every_type')?.rows ?? -1,
    )
    const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(Object.keys(rows[0] ?? {})).toEqual(['tenant_id', 'id', 'parent_id'])
    expect(rows.filter((row) => 'new_json' in row && row.new_json === null)).toHaveLength(1)
    expect(lines.some((line) => line.includes('"large":9007199254740993'))).toBe(true)
  })
})

describe.each(
  placementKinds.flatMap((kind) =>
    tierNames.map((tier): [PlacementKind, TestTier] => [kind, tier]),
  ),
)('from %s', (kind, tier) => {
  it(`an export is imported into a ${tier} tenant with every value unchanged, and an erasure deletes all of it`, async () => {
    const { path } = await exported(kind)
    const tenantId = await imported(path, `${kind}-to-${tier}`, tier)
    expect(await fingerprint(tenancy(), tenantId)).toEqual(
      await fingerprint(tenancy(), sources[kind].id),
    )
    const other = join(folder, 'other.zip')
    const again = await writeExport(tenancy(), await placementOf(tenancy(), tenantId), {
      path: other,
      reason: 'test',
    })
    const texts = async (from: string, id: string) =>
      [...(await filesOf(from))]
        .filter(([name]) => name.includes('/'))
        .map(([name, text]) => [name, text.replaceAll(id, '')])
    expect(await texts(other, tenantId)).toEqual(await texts(path, sources[kind].id))
    expect(again.tenant.tier).toBe(tier)

    const there = await fingerprint(tenancy(), tenantId)
    let receipt: Receipt = {}
    await eraseTenant(
      tenancy(),
      tenantId,
      async (counted) => void (receipt = { ...counted, ...receipt }),
    )
    for (const [name, print] of Object.entries(there))
      expect(receipt[`rows of ${name}`]).toBe(Number(print.split(' ')[0]))
    expect(receipt['rows of every_type']).toBeGreaterThan(50)
    expect(await rowsOf(tenantId)).toBe(0)
    expect(await fingerprint(tenancy(), sources[kind].id)).toEqual(there)
  })
})

describe('an import', () => {
  it('accepts an export that was unpacked and compressed again on macOS', async () => {
    const { path, manifest } = await exported('shared')
    const repacked = join(folder, 'repacked.zip')
    await writeLikeMacOs(repacked, 'source-2026-11-30', await filesOf(path))
    expect((await checkArchive(tenancy(), repacked)).manifest).toEqual(manifest)
  })

  it('renews its lease while the rows are read back', async () => {
    const { path } = await exported('shared')
    const told: string[] = []
    const { tenantId } = await importTenant(
      tenancy(),
      {
        path,
        slug: 'heard-of',
        tier: 'starter',
        actor: 'test',
        ownerId: sources.shared.owner.actor.id ?? '',
      },
      async ({ state, table }) => {
        if (state === 'loading') told.push(table)
      },
    )
    made.push(tenantId)
    expect(told.lastIndexOf('notes')).toBeGreaterThan(told.indexOf('note_lines'))
  })
})

describe('the members in an export', () => {
  const membersOf = async (path: string) => {
    const found: unknown[] = []
    for await (const member of readArchiveMembers(path)) found.push(member)
    return found
  }

  it('can be read before anything is checked, and lines that are not members are skipped', async () => {
    const { path } = await exported('schema')
    const owner = { name: `${sources.schema.mark} owner`, role: 'owner' }
    expect(await membersOf(path)).toEqual([owner])
    const files = await filesOf(path)
    const edited = (text: string) =>
      writeFiles(join(folder, 'members.zip'), new Map([...files, ['members.ndjson', text]]))
    expect(
      await membersOf(await edited(`{"role":\n1\nnull\n"x"\n${JSON.stringify(owner)}\n`)),
    ).toEqual([owner])
    expect(await membersOf(await edited(''))).toEqual([])
    const without = new Map([...files].filter(([name]) => name !== 'members.ndjson'))
    expect(await membersOf(await writeFiles(join(folder, 'without.zip'), without))).toEqual([])
  })
})

describe('CSV', () => {
  it('escapes formulas and leaves numbers unchanged', async () => {
    const { path } = await exported('shared')
    const csv = (await filesOf(path)).get('csv/every_type.csv') ?? ''
    for (const formula of ['=1+1', '+1', '-1', '@x', ' =1+1', '\n=1']) {
      expect(csv).toContain(`"'${formula}"`)
      expect(csv).not.toContain(`,"${formula}"`)
    }
    expect(csv).toContain(',-32768,')
    expect(csv).toContain(',-0.0001,')
  })
})

describe('a restore', () => {
  const asAdmin = (text: string) =>
    withConnection(process.env.DATABASE_URL ?? '', (admin) => admin.query(text))
  const measured = (id: string) => `
    insert into platform.sizes (tenant_id, bytes) values (${id}, 1);
    insert into platform.labels (id, tenant_id, name) values (gen_random_uuid(), ${id}, 'measured');
    insert into tenancy.usage (tenant_id, hour) values (${id}, date_trunc('hour', now()));`
  const rowsAt = (table: string, tenantId: string) =>
    withConnection(
      process.env.DATABASE_URL ?? '',
      async (admin) =>
        (
          await admin.query<Record<string, unknown>>(
            `select * from ${table} where tenant_id = $1`,
            [tenantId],
          )
        ).rows,
    )

  beforeAll(() =>
    asAdmin(`
      set role rowhouse_owner;
      create table platform.sizes (tenant_id uuid primary key references tenancy.tenants on delete cascade, bytes bigint not null);
      create table platform.labels (
        id uuid primary key, tenant_id uuid not null references tenancy.tenants on delete cascade, name text not null, unique (tenant_id, name));
      create table platform.choices (
        person_id uuid primary key references platform.people on delete cascade, tenant_id uuid references tenancy.tenants on delete set null);
      create table platform.teams (
        tenant_id uuid not null, id uuid not null, position bigint not null generated always as identity, parent uuid, doubled bigint generated always as (position * 2) stored,
        primary key (tenant_id, id), foreign key (tenant_id, parent) references platform.teams);
      create table platform.team_people (
        tenant_id uuid not null, team_id uuid not null, person_id uuid not null, primary key (tenant_id, team_id, person_id),
        foreign key (tenant_id, team_id) references platform.teams, foreign key (tenant_id, person_id) references platform.members)`),
  )

  it('restores one tenant, keeps its people, and changes no other tenant', async () => {
    const { shared, schema } = sources
    const { path } = await exported('shared')
    const owner = shared.owner.actor.id ?? ''
    const viewer = await memberOf(shared.id, 'viewer')
    const [top, below] = [newId(), newId()]
    // the worker measures both tenants, the new one while its rows are being loaded
    await asAdmin(`${measured(`'${shared.id}'`)}
      create function platform.measure() returns trigger language plpgsql as $$ begin ${measured('new.tenant_id')} return new; end $$;
      create trigger measure after insert on tenancy.suspensions for each row execute function platform.measure();
      insert into tenancy.tenant_limits (tenant_id, concurrent, set_by) values ('${shared.id}', 3, 'test');
      insert into tenancy.retention_rules (tenant_id, table_name, days, set_by) values ('${shared.id}', 'notes', 365, 'test');
      insert into platform.labels values ('${top}', '${shared.id}', 'ours');
      insert into platform.choices values ('${owner}', '${shared.id}');
      insert into platform.teams (tenant_id, id, parent) values ('${shared.id}', '${top}', null), ('${shared.id}', '${below}', '${top}');
      insert into platform.team_people values ('${shared.id}', '${below}', '${owner}')`)
    const teams = await rowsAt('platform.teams', shared.id)
    const good = await fingerprint(tenancy(), shared.id)
    const others = await fingerprint(tenancy(), schema.id)
    await withTenant(
      shared.owner,
      async (tx) =>
        void (await tx.execute(sql`delete from note_lines where tenant_id = ${tx.tenantId}`)),
    )
    const { tenantId, before } = await restoreTenant(tenancy(), shared.slug, path, 'test').finally(
      () => asAdmin('drop function platform.measure() cascade'),
    )
    made.push(tenantId)
    expect(await fingerprint(tenancy(), tenantId)).toEqual(good)
    expect(
      (
        await platform().execute<{ action: string }>(
          sql`select action from tenancy.audit where tenant_id = ${tenantId}`,
        )
      ).rows,
    ).toContainEqual({ action: 'tenant restored' })
    expect((await bySlug(platform(), shared.slug)).id).toBe(tenantId)
    expect((await bySlug(platform(), before.slug)).id).toBe(shared.id)

    const roles = (id: string) =>
      platform()
        .select({ role: members.role, personId: members.personId })
        .from(members)
        .where(eq(members.tenantId, id))
        .orderBy(members.role)
    expect(await roles(tenantId)).toEqual([
      { role: 'owner', personId: owner },
      { role: 'viewer', personId: viewer.actor.id },
    ])
    expect(await rowsAt('platform.teams', tenantId)).toEqual(
      teams.map((team) => ({ ...team, tenant_id: tenantId })),
    )
    expect(await rowsAt('platform.team_people', tenantId)).toMatchObject([
      { team_id: below, person_id: owner },
    ])
    expect(await rowsAt('platform.choices', tenantId)).toMatchObject([{ person_id: owner }])
    expect(
      (await rowsAt('platform.labels', tenantId)).map(({ name }) => String(name)).toSorted(),
    ).toEqual(['measured', 'ours'])
    expect(await rowsAt('tenancy.tenant_limits', tenantId)).toMatchObject([{ concurrent: 3 }])
    expect(await rowsAt('tenancy.retention_rules', tenantId)).toMatchObject([{ days: 365 }])
    for (const table of ['platform.sizes', 'tenancy.usage'])
      expect(await rowsAt(table, tenantId)).toHaveLength(1)
    for (const table of [
      ...['members', 'tokens', 'teams', 'team_people', 'choices', 'labels', 'sizes'].map(
        (name) => `platform.${name}`,
      ),
      ...['tenant_limits', 'retention_rules', 'usage'].map((name) => `tenancy.${name}`),
    ])
      expect(await rowsAt(table, shared.id), `rows of ${table}`).toEqual([])

    // a token still authenticates its member
    expect(await withTenant({ ...shared.owner, tenantId }, async (tx) => tx.tenantId)).toBe(
      tenantId,
    )
    await expect(withTenant(shared.owner, async () => {})).rejects.toThrow('not a member')
    expect(await fingerprint(tenancy(), schema.id)).toEqual(others)
  })

  it('is refused with an export of another tenant', async () => {
    const { path } = await exported('database')
    await expect(restoreTenant(tenancy(), sources.schema.slug, path, 'test')).rejects.toThrow(
      /it is an export of/,
    )
  })
})
