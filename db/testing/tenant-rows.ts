import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { connected } from '#db/connect'
import { withTenant } from '#db/door'

/** Rows of the administrator's view of this file's database. */
export const query = <T extends object>(text: string, values: unknown[] = []): Promise<T[]> =>
  connected(
    process.env.DATABASE_URL ?? '',
    async (client) => (await client.query<T>(text, values)).rows,
  )

/** One of a list that is known to be long enough. */
export function nth<T>(list: readonly T[], at: number): T {
  const found = list[at]
  if (found === undefined) throw new RangeError(`there is no item ${at} among ${list.length}`)
  return found
}

/** Runs a statement in a tenant, through the door. */
export const inTenant = (tenantId: string, statement: string): Promise<unknown> =>
  withTenant({ kind: 'service', tenantId, reason: 'test' }, (tx) => tx.execute(sql.raw(statement)))

const folder = join(import.meta.dirname, 'rows')

/** The migrations that come with rows for the tables they make, oldest first. */
export const tagsWithRows = async (): Promise<string[]> =>
  (await readdir(folder)).map((file) => file.replace(/\.sql$/, '')).sort()

/** Puts the rows that come with a migration, if any, into a tenant. */
export async function addRows(tenantId: string, tag: string): Promise<void> {
  const text = (await tagsWithRows()).includes(tag)
    ? await readFile(join(folder, `${tag}.sql`), 'utf8')
    : ''
  for (const statement of text
    .replace(/^--.*$/gm, '')
    .split(';')
    .filter((part) => part.trim()))
    await inTenant(tenantId, statement)
}
