import { sql } from 'drizzle-orm'
import { type TenantTx } from '#tenancy/base/tenant-tx'

export type Policy = {
  table: string
  name: string
  permissive: string
  command: string
  using: string | null
  check: string | null
  forced: boolean
}
export type ConnectionFacts = {
  database: string
  schema: string
  login: string
  server: string
  tenant: string | null
  epoch: string | null
  setting: string | null
  superuser: boolean
  bypassrls: boolean
}

/** Where this transaction sits, asked of the database itself. */
export async function connectionFacts(tx: TenantTx): Promise<ConnectionFacts> {
  const { rows } = await tx.execute<ConnectionFacts>(sql`
    select
      current_database() as database,
      current_schema() as schema,
      session_user::text as login,
      current_setting('server_version') as server,
      tenancy.tenant()::text as tenant,
      nullif(split_part(current_setting('tenancy.context', true), '|', 4), '') as epoch,
      current_setting('app.current_tenant_id', true) as setting,
      rolsuper as superuser,
      rolbypassrls as bypassrls
    from pg_catalog.pg_roles
    where rolname = session_user`)
  const [here] = rows
  if (!here) throw new Error('the database does not know its own login')
  return here
}

/** The policies on the tenant tables of this schema, and whether they hold for the owner too. */
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
