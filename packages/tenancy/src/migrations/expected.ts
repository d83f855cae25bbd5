import type { Node } from 'libpg-query'
import type pg from 'pg'
import { withTransaction } from '#tenancy/base/with-transaction'
import { digestOf, itemsOf, type CatalogItem } from '#tenancy/migrations/fingerprint'
import { readSqlFile } from '#tenancy/base/files'
import { readAdminFiles } from '#tenancy/migrations/admin-files'
import { type Tenancy } from '#tenancy/base/tenancy'
import {
  readEngineHistory,
  statementsFor,
  type DatabaseScope,
} from '#tenancy/migrations/engine-migrations'
import { functionFiles } from '#tenancy/migrations/functions'
import type { Migration, Plane } from '#tenancy/migrations/history'
import { all, parseSql, relationsIn } from '#tenancy/migrations/parse-sql'
import { forEmptyTables } from '#tenancy/migrations/script'

/** The catalogue that migrations should produce in a schema. */
export type Expected = { digest: string; items: CatalogItem[] }

const name = 'rowhouse_expected'

/** Renames a schema in SQL, including function bodies, which a parser does not reach. */
const renamed = (schema: string, text: string) =>
  text.replaceAll(new RegExp(`(?<![\\w"])"?${schema}"?(?!\\w)`, 'g'), name)

/**
 * Reads what migrations create in an empty schema, by applying them in the same database and
 * rolling back.
 * @param client - A connection that acts as the owner.
 */
export const expectedOf = (
  client: pg.Client,
  plane: Plane,
  files: Migration[],
): Promise<Expected> =>
  inScratchSchema(client, async () => {
    const statements = await forEmptyTables(files)
    if (plane === 'tenant') {
      await client.query(
        `create schema ${name}; grant usage on schema ${name} to rowhouse_tenant, rowhouse_worker; set local search_path = ${name}, pg_temp`,
      )
      return client.query(statements.join('\n;\n'))
    }
    return client.query(
      renamed('platform', [...statements, ...(await grantsOn('platform'))].join('\n;\n')),
    )
  })

/** Reads what the engine's migrations, functions and grants create in an empty schema. */
export const expectedEngine = (
  tenancy: Tenancy,
  client: pg.Client,
  scope: DatabaseScope,
): Promise<Expected> =>
  inScratchSchema(client, async () => {
    const tables = (await readEngineHistory()).flatMap((file) => statementsFor(file, scope))
    const files = [...(await functionFiles(tenancy, scope)), ...(await readAdminFiles())].filter(
      // rights on databases and other schemas cannot be tried in a scratch schema
      ({ name: file }) => !['functions/grants.sql', 'admin/hardening.sql'].includes(file),
    )
    const grants = scope === 'main' ? await grantsOn('tenancy') : []
    const whole = [...tables, ...files.map(({ text }) => text), grants.join(';\n')].join(';\n')
    await client.query(`create schema ${name};\n${renamed('tenancy', whole)}`)
  })

async function inScratchSchema(client: pg.Client, make: () => Promise<unknown>): Promise<Expected> {
  const read = async () => {
    await make()
    const items = await itemsOf(client, name)
    return { items, digest: digestOf(items) }
  }
  return withTransaction(client, read, { end: 'rollback' })
}

/** The statements of grants.sql for one of the two schemas. */
async function grantsOn(schema: 'platform' | 'tenancy'): Promise<string[]> {
  const text = await readSqlFile('functions', 'grants.sql')
  const statements = await parseSql(text, { name: 'grants.sql' })
  return statements.filter(({ node }) => names(node, schema)).map(({ sql }) => sql)
}

const names = (node: Node, schema: string): boolean =>
  relationsIn(node).some(({ schemaname }) => schemaname === schema) ||
  all(node, 'String').some(({ sval }) => sval === schema)
