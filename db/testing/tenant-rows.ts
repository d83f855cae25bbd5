import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { withTenant } from '#db/tenancy'

/** Runs a statement in a tenant transaction. */
export const inTenant = (tenantId: string, statement: string): Promise<unknown> =>
  withTenant({ kind: 'service', tenantId, reason: 'test' }, (tx) => tx.execute(sql.raw(statement)))

const folder = join(import.meta.dirname, 'rows')

/** The tags of the migrations that have test rows, oldest first. */
export const tagsWithRows = async (): Promise<string[]> =>
  (await readdir(folder)).map((file) => file.replace(/\.sql$/, '')).sort()

/** Inserts the test rows of a migration, if it has any, into a tenant. */
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
