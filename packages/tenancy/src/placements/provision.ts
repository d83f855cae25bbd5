import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { bringUpToDate, readPending } from '#tenancy/migrations/apply'
import { readTenantHistory } from '#tenancy/migrations/history'
import { asOwnerSession, provisionScript } from '#tenancy/migrations/script'
import { privateName } from '#tenancy/base/ids'
import { serviceUrl, type Placement, type Server } from '#tenancy/registry/placements'
import { newSecret } from '#tenancy/base/encryption'
import { giveKey } from '#tenancy/base/signing-key'
import { passwordToSend } from '#tenancy/placements/passwords'
import { templateDatabase } from '#tenancy/placements/prepare-server'
import type { Tenancy } from '#tenancy/base/tenancy'

/** Where a tenant's rows are or will be, and its role there. */
export type Location = Pick<
  Placement,
  'kind' | 'server' | 'database' | 'schema' | 'login' | 'password'
>

/**
 * Creates a schema for a tenant, with a role that can use nothing else: in the main database, or in a
 * dedicated database on the main server or on `server`. Removes what it has created if it fails.
 * @returns The location. The registry does not refer to it yet.
 */
export async function provision(
  tenancy: Tenancy,
  tenantId: string,
  kind: 'schema' | 'database',
  server: Server | null = null,
): Promise<Location> {
  const name = privateName(tenantId)
  const location = {
    kind,
    server,
    database: kind === 'database' ? name : null,
    schema: name,
    login: name,
    password: newSecret(),
  }
  try {
    await ensureProvisioned(tenancy, tenantId, location)
    return location
  } catch (error) {
    await unprovision(tenancy, tenantId, location).catch((failure: unknown) => {
      throw new AggregateError(
        [error, failure],
        `the ${kind} ${name} could not be created, and its parts could not be removed; drop them by hand`,
      )
    })
    throw error
  }
}

/**
 * Creates the role, database and schema of a location whose password is known. It can be repeated:
 * existing objects are kept and brought up to date.
 */
export async function ensureProvisioned(
  tenancy: Tenancy,
  tenantId: string,
  location: Location,
): Promise<void> {
  const name = privateName(tenantId)
  if (location.kind === 'database') await ensureDatabase(tenancy, location)
  await asMigrator(tenancy, location, async (client) => {
    await client.query('select tenancy.create_dedicated_role($1, $2)', [
      tenantId,
      passwordToSend(tenancy, client, location.password ?? newSecret()),
    ])
    await client.query(asOwnerSession)
    if (location.kind === 'database') await giveKey(client)
    const history = await readTenantHistory(tenancy)
    if ((await readPending(client, name, history)).length === history.length)
      await client.query(await provisionScript(name, history))
    else await bringUpToDate(client, name, history)
  })
}

/** Registers the tenant's home in a location, which opens it for transactions under this epoch. */
export async function registerHome(
  tenancy: Tenancy,
  tenantId: string,
  location: Location,
  epoch: number,
): Promise<void> {
  await asMigrator(tenancy, location, async (client) => {
    await client.query('set role rowhouse_owner')
    await client.query(
      `insert into tenancy.tenant_homes (tenant_id, schema_name, login, state, epoch) values ($1, $2, $3, 'active', $4)
       on conflict (tenant_id) do update set schema_name = excluded.schema_name, login = excluded.login, state = 'active', epoch = excluded.epoch, move_id = null, changed_at = now()`,
      [tenantId, location.schema, location.login ?? 'rowhouse_tenant', epoch],
    )
  })
}

/**
 * Drops a tenant's dedicated schema or database, and its role. Ignores objects that do not exist.
 * @param tenancy - The instance.
 * @param tenantId - The tenant.
 * @param location - Where to drop them. Nothing happens for the shared schema.
 */
export async function unprovision(
  tenancy: Tenancy,
  tenantId: string,
  location: Location,
): Promise<void> {
  const name = privateName(tenantId)
  if (location.kind === 'shared') return
  if (location.kind === 'database' && !(await databaseExists(tenancy, location))) return
  await asMigrator(tenancy, location, async (client) => {
    await client.query('set role rowhouse_owner')
    await client.query(
      'delete from tenancy.tenant_homes where tenant_id = $1 and schema_name = $2',
      [tenantId, name],
    )
    for (const table of ['applied_migrations', 'failed_migrations'])
      await client.query(`delete from tenancy.${table} where schema = $1`, [name])
    await client.query(`drop schema if exists ${name} cascade`)
    await client.query('reset role')
    await client.query('select tenancy.drop_dedicated_role($1)', [tenantId])
  })
  if (location.kind === 'database')
    await asMigrator(tenancy, { ...location, database: null }, async (client) => {
      await client.query('set role rowhouse_owner')
      await client.query(`drop database if exists ${name}`)
    })
}

async function ensureDatabase(tenancy: Tenancy, location: Location): Promise<void> {
  if (await databaseExists(tenancy, location)) return
  const name = location.schema
  await asMigrator(tenancy, { ...location, database: null }, (client) =>
    client.query(`create database ${name} template ${templateDatabase} owner rowhouse_owner`),
  )
  await asMigrator(tenancy, location, async (client) => {
    await client.query('set role rowhouse_owner')
    await client.query(
      `revoke all on database ${name} from public; grant connect on database ${name} to rowhouse_migrator, rowhouse_worker; grant temporary on database ${name} to rowhouse_worker`,
    )
  })
}

const databaseExists = (tenancy: Tenancy, location: Location) =>
  asMigrator(
    tenancy,
    { ...location, database: null },
    async (client) =>
      (
        await client.query('select from pg_catalog.pg_database where datname = $1', [
          location.schema,
        ])
      ).rowCount === 1,
  )

/** Runs work on a connection of the migrator to the database of a location. */
export function asMigrator<T>(
  tenancy: Tenancy,
  location: Location,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const maintenance =
    location.server && !location.database ? { ...location, database: 'postgres' } : location
  return withConnection(serviceUrl(tenancy, 'migrator', maintenance), work)
}
