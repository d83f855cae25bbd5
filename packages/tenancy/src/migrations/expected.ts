import type pg from 'pg'
import { digestOf, itemsOf, type Item } from '#db/fleet/fingerprint'
import { readSql } from '#db/fleet/functions'
import type { Migration, Plane } from '#db/fleet/history'
import { onEmptyTables } from '#db/fleet/script'

/** What a schema should be. */
export type Expected = { digest: string; items: Item[] }

const name = 'rowhouse_expected'
const under = (schema: string, text: string) =>
  text.replaceAll(new RegExp(`(?<![\\w"])"?${schema}"?(?!\\w)`, 'g'), name)

/** What files make of an empty schema: made in this very database, looked at, and rolled back. */
export const expectedOf = (
  client: pg.Client,
  plane: Plane,
  files: Migration[],
): Promise<Expected> =>
  built(client, async () => {
    const statements = files.flatMap(onEmptyTables)
    if (plane === 'tenant') {
      await client.query(
        `create schema ${name}; grant usage on schema ${name} to rowhouse_tenant, rowhouse_worker; set local search_path = ${name}, pg_temp`,
      )
      return client.query(statements.join('\n;\n'))
    }
    return client.query(
      under('platform', [...statements, ...(await grantsOn('platform'))].join('\n;\n')),
    )
  })

/** What the schema of our functions should be. In: the SQL files that make it. */
export const expectedFunctions = (
  client: pg.Client,
  files: readonly Parameters<typeof readSql>[0][],
): Promise<Expected> =>
  built(client, async () => {
    const whole = await Promise.all(files.filter((file) => file !== 'grants').map(readSql))
    const rights = files.includes('grants') ? await grantsOn('tenancy') : []
    await client.query(
      `create schema ${name};\n${under('tenancy', [...whole, rights.join(';\n')].join('\n'))}`,
    )
  })

async function built(client: pg.Client, make: () => Promise<unknown>): Promise<Expected> {
  await client.query('begin')
  try {
    await make()
    const items = await itemsOf(client, name)
    return { items, digest: digestOf(items) }
  } finally {
    await client.query('rollback')
  }
}

/** The statements of the grants that speak of one of the two schemas. */
async function grantsOn(schema: 'platform' | 'tenancy'): Promise<string[]> {
  const all = (await readSql('grants'))
    .replace(/^--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
  return all.filter(
    (statement) =>
      (schema === 'tenancy') === /\btenancy\b/.test(statement) &&
      new RegExp(`\\b${schema}\\b`).test(statement),
  )
}
