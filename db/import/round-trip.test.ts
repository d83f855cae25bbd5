import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { connected } from '#db/connect'
import { withTenant } from '#db/door'
import { loginUrl } from '#db/env'
import { forgetTenant, type Receipt } from '#db/erase/forget'
import { writeExport } from '#db/export/write'
import { privateName } from '#db/id'
import { bringUpToDate } from '#db/fleet/apply'
import { readHistory } from '#db/fleet/history'
import { importTenant } from '#db/import/import'
import { restoreTenant } from '#db/import/restore'
import { filesOf, fingerprint, manifestOf, temporary } from '#db/import/testing/archives'
import { everyValue, tomorrow } from '#db/import/testing/every-type'
import { inhabitant, tenantTables, type Inhabitant } from '#db/isolation/testing/world'
import { placementOf, platform } from '#db/registry'
import { placementKinds, tiers, type PlacementKind, type Tier } from '#db/schema/platform'
import * as sessions from '#db/accounts/sessions'
import { bySlug } from '#db/tenants'

vi.mock('#db/fleet/history', async (original) => {
  const history = await original<typeof import('#db/fleet/history')>()
  const { tomorrow: added } = await import('#db/import/testing/every-type')
  return {
    ...history,
    readHistory: async (plane: 'platform' | 'tenant') => [
      ...(await history.readHistory(plane)),
      ...(plane === 'tenant' ? [added] : []),
    ],
  }
})

const world = {} as Record<PlacementKind, Inhabitant>
const made: string[] = []
let folder: string

beforeAll(async () => {
  folder = await temporary()
  await connected(loginUrl('migrator'), async (client) => {
    await client.query('set role rowhouse_owner')
    await bringUpToDate(client, 'shared', await readHistory('tenant'))
  })
  for (const kind of placementKinds) {
    world[kind] = await inhabitant(kind, 'source', 12)
    made.push(world[kind].id)
    await withTenant({ kind: 'service', tenantId: world[kind].id, reason: 'test' }, async (tx) => {
      for (const statement of everyValue(world[kind].id)) await tx.execute(sql.raw(statement))
    })
  }
}, 60_000)

afterAll(async () => {
  for (const id of made) await forgetTenant(id)
  await rm(folder, { recursive: true })
}, 60_000)

/**
 * What an administrator still finds of a tenant in the shared schema, and of schemas and databases
 * of its own.
 */
const rowsOf = (tenantId: string) =>
  connected(process.env.DATABASE_URL ?? '', async (admin) => {
    const {
      rows: [found],
    } = await admin.query<{ left: number }>(
      `
    select (select count(*) from shared.every_type where tenant_id = $1) + (select count(*) from shared.orders where tenant_id = $1)
      + (select count(*) from pg_namespace where nspname = $2) + (select count(*) from pg_database where datname = $2) + (select count(*) from pg_roles where rolname = $2) as left`,
      [tenantId, privateName(tenantId)],
    )
    return Number(found?.left)
  })
const exported = async (kind: PlacementKind) => {
  const path = join(folder, `${kind}.zip`)
  return { path, manifest: await writeExport(await placementOf(world[kind].id), path, 'test') }
}
const imported = async (path: string, slug: string, tier: Tier) => {
  const { tenantId } = await importTenant({
    path,
    slug,
    tier,
    actor: 'test',
    ownerId: world.shared.owner.actor.id ?? '',
  })
  made.push(tenantId)
  return tenantId
}

describe.each(placementKinds)('an export from a %s placement', (kind) => {
  it('holds every table of the catalogue, the one of tomorrow too', async () => {
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
  placementKinds.flatMap((kind) => tiers.map((tier): [PlacementKind, Tier] => [kind, tier])),
)('from %s', (kind, tier) => {
  it(`it goes into a ${tier} tenant, every value is the same, and an erasure takes all of it, the table of tomorrow too`, async () => {
    const { path } = await exported(kind)
    const tenantId = await imported(path, `${kind}-to-${tier}`, tier)
    expect(await fingerprint(tenantId)).toEqual(await fingerprint(world[kind].id))
    const other = join(folder, 'other.zip')
    const again = await writeExport(await placementOf(tenantId), other, 'test')
    const texts = async (from: string, id: string) =>
      [...(await filesOf(from))]
        .filter(([name]) => name.includes('/'))
        .map(([name, text]) => [name, text.replaceAll(id, '')])
    expect(await texts(other, tenantId)).toEqual(await texts(path, world[kind].id))
    expect(again.tenant.tier).toBe(tier)

    const there = await fingerprint(tenantId)
    let receipt: Receipt = {}
    await forgetTenant(tenantId, async (counted) => void (receipt = { ...counted, ...receipt }))
    for (const [name, print] of Object.entries(there))
      expect(receipt[`rows of ${name}`]).toBe(Number(print.split(' ')[0]))
    expect(receipt['rows of every_type']).toBeGreaterThan(50)
    expect(await rowsOf(tenantId)).toBe(0)
    expect(await fingerprint(world[kind].id)).toEqual(there)
  })
})

describe('an import', () => {
  it('is heard of while it is read back, so that nobody takes it for dead', async () => {
    const { path } = await exported('shared')
    const told: string[] = []
    const { tenantId } = await importTenant(
      {
        path,
        slug: 'heard-of',
        tier: 'starter',
        actor: 'test',
        ownerId: world.shared.owner.actor.id ?? '',
      },
      async ({ state, table }) => {
        if (state === 'loading') told.push(table)
      },
    )
    made.push(tenantId)
    expect(told.lastIndexOf('customers')).toBeGreaterThan(told.indexOf('order_lines'))
  })
})

describe('CSV', () => {
  it('makes formulas harmless and leaves numbers alone', async () => {
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
    connected(process.env.DATABASE_URL ?? '', (admin) => admin.query(text))
  const measured = (id: string) => `
    insert into platform.tenant_sizes (tenant_id, orders, bytes) values (${id}, 1, 1);
    insert into platform.usage (tenant_id, hour) values (${id}, date_trunc('hour', now()));`

  it('puts one tenant back, keeps its people, and touches nobody else', async () => {
    const { shared, schema } = world
    const { path } = await exported('shared')
    // the worker measures and counts both, the new one while it is still being filled
    await asAdmin(`${measured(`'${shared.id}'`)}
      create function platform.measure() returns trigger language plpgsql as $$ begin ${measured('new.tenant_id')} return new; end $$;
      create trigger measure after insert on platform.suspensions for each row execute function platform.measure()`)
    const good = await fingerprint(shared.id)
    const others = await fingerprint(schema.id)
    await withTenant(
      shared.owner,
      async (tx) =>
        void (await tx.execute(sql`delete from order_lines where tenant_id = ${tx.tenantId}`)),
    )
    const { tenantId, before } = await restoreTenant(shared.slug, path, 'test').finally(() =>
      asAdmin('drop function platform.measure() cascade'),
    )
    made.push(tenantId)
    expect(await fingerprint(tenantId)).toEqual(good)
    expect(
      (
        await platform().execute<{ deed: string }>(
          sql`select deed from platform.audit where tenant_id = ${tenantId}`,
        )
      ).rows,
    ).toContainEqual({ deed: 'tenant restored' })
    expect((await bySlug(platform(), shared.slug)).id).toBe(tenantId)
    expect((await bySlug(platform(), before.slug)).id).toBe(shared.id)
    expect((await sessions.read(shared.owner.token))?.tenant).toMatchObject({
      id: tenantId,
      slug: shared.slug,
      role: 'owner',
    })
    await expect(withTenant(shared.owner, async () => {})).rejects.toThrow('not a member')
    expect(await fingerprint(schema.id)).toEqual(others)
  })

  it('is refused from a file of somebody else', async () => {
    const { path } = await exported('database')
    await expect(restoreTenant(world.schema.slug, path, 'test')).rejects.toThrow(
      /it is an export of/,
    )
  })
})
