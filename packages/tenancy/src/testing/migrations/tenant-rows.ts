import { sql } from 'drizzle-orm'
import { withConnection } from '#tenancy/base/connect'
import { withTenant } from '#tenancy/testing/fixture/tenancy'
import { addNotes } from '#tenancy/testing/fixture/test-tenants'

/** Queries the database of this test file as the administrator. */
export const query = <T extends object>(text: string, values: unknown[] = []): Promise<T[]> =>
  withConnection(
    process.env.DATABASE_URL ?? '',
    async (client) => (await client.query<T>(text, values)).rows,
  )

/** Reads an element of a list that must be long enough. */
export function nth<T>(list: readonly T[], at: number): T {
  const found = list[at]
  if (found === undefined) throw new RangeError(`there is no item ${at} among ${list.length}`)
  return found
}

/** Runs a statement in a transaction of a tenant. */
export const inTenant = (tenantId: string, statement: string): Promise<unknown> =>
  withTenant({ kind: 'service', tenantId, reason: 'test' }, (tx) => tx.execute(sql.raw(statement)))

/** Adds notes with lines to a tenant. */
export const fillTenant = (tenantId: string, rows = 6): Promise<void> =>
  withTenant({ kind: 'service', tenantId, reason: 'test' }, (tx) => addNotes(tx, rows, 'note'))
