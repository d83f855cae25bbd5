import { sql } from 'drizzle-orm'
import { type TenantTx } from '#tenancy/base/tenant-tx'

/** A row-level security policy of a tenant table, as `pg_policies` shows it. */
export type Policy = {
  table: string
  name: string
  permissive: string
  command: string
  using: string | null
  check: string | null
  /** Whether row-level security also applies to the table's owner. */
  forced: boolean
}

/** What the database reports about the connection of a tenant transaction. */
export type ConnectionFacts = {
  database: string
  schema: string
  login: string
  server: string
  /** The tenant and epoch of the signed context. */
  tenant: string | null
  epoch: string | null
  /** The setting `app.current_tenant_id`, which the policies ignore. */
  setting: string | null
  superuser: boolean
  bypassrls: boolean
}

/**
 * Asks the database about the connection of a transaction.
 * @param tx - The tenant transaction.
 * @returns Database, schema, login, tenant and privileges.
 */
export async function connectionFacts(tx: TenantTx): Promise<ConnectionFacts> {
  const { rows } = await tx.execute<ConnectionFacts>(sql`
    select
      current_database() as database,
      current_schema() as schema,
      session_user::text as login,
      current_setting('server_version') as server,
      tenancy.tenant()::text as tenant,
      substring(split_part(current_setting('tenancy.context', true), '|', 4) from '^[0-9]+') as epoch,
      current_setting('app.current_tenant_id', true) as setting,
      rolsuper as superuser,
      rolbypassrls as bypassrls
    from pg_catalog.pg_roles
    where rolname = session_user`)
  const [here] = rows
  if (!here) throw new Error('pg_roles does not list the session user')
  return here
}

/**
 * Lists the policies of the tenant tables in the transaction's schema.
 * @param tx - The tenant transaction.
 * @returns The policies, by table and name.
 */
export async function policies(tx: TenantTx): Promise<Policy[]> {
  const { rows } = await tx.execute<Policy>(sql`
    select
      p.tablename::text as table,
      p.policyname::text as name,
      lower(p.permissive) as permissive,
      lower(p.cmd) as command,
      p.qual as using,
      p.with_check as check,
      c.relforcerowsecurity and c.relrowsecurity as forced
    from pg_catalog.pg_policies as p
    join pg_catalog.pg_namespace as n on n.nspname = p.schemaname
    join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = p.tablename
    where p.schemaname = current_schema()
    order by p.tablename, p.permissive, p.policyname`)
  return rows
}
