import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { newId } from '@rowhouse/tenancy'
import { checkArchive, importTenant, readArchiveMembers } from '@rowhouse/tenancy/data'
import { rows } from '@rowhouse/tenancy/testing'
import * as users from '#db/accounts/users'
import { platform, tenancy, withTenant } from '#db/tenancy'

// `format-1.zip` was written before the first release. Never regenerate it: it proves that the
// current build can read old exports.
const folder = 'db/testing/archives'
const archive = `${folder}/format-1.zip`

/** Columns that were renamed since. */
const renamed: Record<string, Record<string, string>> = { activity: { deed: 'action' } }

test('an archive of format 1 is imported with all its values unchanged', async () => {
  const { rows: count, manifest } = await checkArchive(tenancy(), archive)
  expect(manifest.version).toBe(1)
  const owner = await users.create(platform(), {
    email: `${newId()}@people.example`,
    name: 'Owner',
  })
  const { tenantId } = await importTenant(tenancy(), {
    path: archive,
    slug: `old-${newId()}`,
    ownerId: owner.id,
    actor: 'test',
  })

  const lines = (await readFile(`${folder}/format-1.rows.ndjson`, 'utf8')).trimEnd().split('\n')
  expect(lines).toHaveLength(count)
  const exported = Object.groupBy(
    lines.map((line) => JSON.parse(line) as { table: string; row: Record<string, string | null> }),
    ({ table }) => table,
  )
  await withTenant({ kind: 'service', tenantId, reason: 'test' }, async (tx) => {
    await rows(tx, `set local timezone = 'UTC'`)
    for (const [table, expected = []] of Object.entries(exported)) {
      const found = await rows(
        tx,
        `select (select jsonb_object_agg(key, value) from jsonb_each_text(to_jsonb(t))) as row from ${table} as t where tenant_id = '${tenantId}'`,
      )
      const names = Object.keys(expected[0]?.row ?? {})
      const today = (name: string) => renamed[table]?.[name] ?? name
      const values = (row: Record<string, unknown>, nameOf = (name: string) => name) =>
        JSON.stringify(names.map((name) => row[nameOf(name)]))
      expect(
        found.map(({ row }) => values(row as Record<string, unknown>, today)).toSorted(),
      ).toEqual(expected.map(({ row }) => values(row)).toSorted())
    }
  })
})

test('the members of an archive of format 1 can be read', async () => {
  const roles: unknown[] = []
  for await (const { role } of readArchiveMembers(archive)) roles.push(role)
  expect(new Set(roles)).toEqual(new Set(['admin', 'member', 'owner', 'viewer']))
})
