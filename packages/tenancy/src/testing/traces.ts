import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withConnection, databaseOf, inDatabase } from '#tenancy/base/connect'

/**
 * Searches for traces of tenants, in every table of the main database and of their dedicated
 * databases, and in every export file.
 * @param location - The URL of an administrator of the main database, and the folder of exports.
 * @param texts - Ids, names and marks; case is ignored in tables.
 * @returns Where one of them was found: a database and a table, or the path of a file.
 */
export async function tracesOf(
  location: { adminUrl: string; exportFolder: string },
  texts: string[],
): Promise<string[]> {
  const { adminUrl, exportFolder } = location
  const { rows: databases } = await withConnection(adminUrl, (client) =>
    client.query<{ name: string }>(
      `select datname as name from pg_database where datname = current_database() or datname in (select 't_' || replace(x, '-', '') from unnest($1::text[]) as x)`,
      [texts],
    ),
  )
  const found: string[] = []
  for (const { name } of databases)
    found.push(
      ...(await tracesInDatabase(inDatabase(adminUrl, name), texts)).map(
        (table) => `${name === databaseOf(adminUrl) ? 'main' : name} ${table}`,
      ),
    )
  return [...found, ...(await tracesInFolder(exportFolder, texts))].toSorted()
}

const tracesInDatabase = (url: string, texts: string[]): Promise<string[]> =>
  withConnection(url, async (client) => {
    const { rows } = await client.query<{ at: string }>(
      `select format('%I.%I', schemaname, tablename) as at from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    )
    const found: string[] = []
    for (const { at } of rows) {
      const { rowCount } = await client.query(
        `select from ${at} as t where exists (select from unnest($1::text[]) as x where strpos(lower(t::text), lower(x)) > 0) limit 1`,
        [texts],
      )
      if (rowCount) found.push(at)
    }
    return found
  })

async function tracesInFolder(folder: string, texts: string[]): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const isTrace =
      texts.some((text) => path.includes(text)) ||
      (entry.isFile() && (path.endsWith('.part') || (await contains(path, texts))))
    if (isTrace) found.push(path)
  }
  return found
}

async function contains(path: string, texts: string[]): Promise<boolean> {
  const content = await readFile(path)
  return texts.some((text) => content.includes(text))
}
