import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import type { PgTransaction } from 'drizzle-orm/pg-core'
import type { Actor } from '#tenancy/base/caller'

declare const admitted: unique symbol

/** A transaction that was admitted to one tenant. Tenant tables are accessible in no other way. */
export type TenantTx = PgTransaction<
  NodePgQueryResultHKT,
  Record<string, never>,
  Record<string, never>
> & {
  readonly tenantId: string
  readonly actor: Actor
  readonly [admitted]: true
}
