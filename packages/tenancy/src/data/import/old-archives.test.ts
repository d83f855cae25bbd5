import { readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { engineFile } from '#tenancy/base/files'
import { loginUrl } from '#tenancy/base/tenancy'
import { checkArchive, importTenant } from '#tenancy/data/import/import-tenant'
import { bringUpToDate } from '#tenancy/migrations/apply'
import { readTenantHistory } from '#tenancy/migrations/history'
import { tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import { person, rows } from '#tenancy/testing/fixture/test-tenants'

// `format-1.zip` contains a value of every type (testing/every-type.ts) and was written before the
// first release. Never regenerate it: it proves that the present build can read such old exports.
const folder = engineFile('src', 'data', 'import', 'archives')

vi.mock('#tenancy/migrations/history', async (original) => {
  const history = await original<typeof import('#tenancy/migrations/history')>()
  const { tomorrow } = await import('#tenancy/testing/every-type')
  return {
    ...history,
    readTenantHistory: async (...given: Parameters<typeof history.readTenantHistory>) => [
      ...(await history.readTenantHistory(...given)),
      tomorrow,
    ],
  }
})

test('an archive of format 1 is imported, and values of every type are as they were exported', async () => {
  await withConnection(loginUrl(tenancy(), 'migrator'), async (client) => {
    await client.query('set role rowhouse_owner')
    await bringUpToDate(client, 'shared', await readTenantHistory(tenancy()))
  })
  const path = `${folder}/format-1.zip`
  expect((await checkArchive(tenancy(), path)).manifest.version).toBe(1)
  const { tenantId } = await importTenant(tenancy(), {
    path,
    slug: 'old',
    ownerId: await person('owner'),
    actor: 'test',
  })

  const exported = Object.groupBy(
    (await readFile(`${folder}/format-1.rows.ndjson`, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { table: string; row: object }),
    ({ table }) => table,
  )
  expect(Object.keys(exported)).toEqual(['notes', 'note_lines', 'every_type'])
  await withTenant({ kind: 'service', tenantId, reason: 'test' }, async (tx) => {
    await rows(tx, `set local timezone = 'UTC'`)
    for (const [table, expected = []] of Object.entries(exported)) {
      const found = await rows(
        tx,
        `select (select jsonb_object_agg(key, value) from jsonb_each_text(to_jsonb(t) - 'tenant_id' - 'search')) as row from ${table} as t where tenant_id = '${tenantId}' order by id`,
      )
      // the archive is older than the column
      const added = table === 'notes' ? { parent_id: null } : {}
      expect(found.map(({ row }) => row)).toEqual(expected.map(({ row }) => ({ ...row, ...added })))
    }
  })
})
