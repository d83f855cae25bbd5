import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { bringUpToDate, readPending } from '#tenancy/migrations/apply'
import { readTenantHistory } from '#tenancy/migrations/history'
import { asOwnerSession, provisionScript } from '#tenancy/migrations/script'
import { privateName } from '#tenancy/base/ids'
import { serviceUrl, type Placement, type Server } from '#tenancy/registry/placements'
import { newSecret, scramVerifier } from '#tenancy/base/encryption'
import { giveKey } from '#tenancy/base/signing-key'
import { templateDatabase } from '#tenancy/placements/prepare-server'
import type { Tenancy } from '#tenancy/base/tenancy'

/** A place that is ready for a tenant's rows and that nothing leads to yet. */
export type Place = Pick<
  Placement,
  'kind' | 'server' | 'database' | 'schema' | 'login' | 'password'
>

/**
 * Makes a tenant's own schema, with a login that may use nothing else: in the main database, or in
 * a database of its own on the main server or on `server`. Idempotent; what it made is taken away
 * again when it fails half way. Returns the place.
 */
export async function provision(
  tenancy: Tenancy,
  tenantId: string,
  kind: 'schema' | 'database',
  server: Server | null = null,
): Promise<Place> {
  const name = privateName(tenantId)
  const place = {
    kind,
    server,
    database: kind === 'database' ? name : null,
    schema: name,
    login: name,
    password: newSecret(),
  }
  try {
    await ensureProvisioned(tenancy, tenantId, place)
    return place
  } catch (error) {
    await unprovision(tenancy, tenantId, place).catch((failure: unknown) => {
      throw new AggregateError(
        [error, failure],
        `a place for ${name} could not be made, nor what was made of it taken away`,
      )
    })
    throw error
  }
}

/**
 * The same for a place whose password is known. Idempotent, and takes nothing away: what is there
 * stays and is brought up to date.
 */
export async function ensureProvisioned(
  tenancy: Tenancy,
  tenantId: string,
  place: Place,
): Promise<void> {
  const name = privateName(tenantId)
  if (place.kind === 'database') await makeDatabase(tenancy, place)
  await asMigrator(tenancy, place, async (client) => {
    await client.query('select tenancy.make_login($1, $2)', [
      tenantId,
      scramVerifier(place.password ?? newSecret()),
    ])
    await client.query(asOwnerSession)
    if (place.kind === 'database') await giveKey(client)
    const history = await readTenantHistory(tenancy)
    if ((await readPending(client, name, history)).length === history.length)
      await client.query(await provisionScript(name, history))
    else await bringUpToDate(client, name, history)
  })
}

/** Registers the tenant's home in a placement, which opens it for entries under this epoch. */
export async function registerHome(
  tenancy: Tenancy,
  tenantId: string,
  place: Place,
  epoch: number,
): Promise<void> {
  await asMigrator(tenancy, place, async (client) => {
    await client.query('set role rowhouse_owner')
    await client.query(
      `insert into tenancy.tenant_homes (tenant_id, schema_name, login, state, epoch) values ($1, $2, $3, 'active', $4)
       on conflict (tenant_id) do update set schema_name = excluded.schema_name, login = excluded.login, state = 'active', epoch = excluded.epoch, changed_at = now()`,
      [tenantId, place.schema, place.login ?? 'rowhouse_tenant', epoch],
    )
  })
}

/**
 * Takes a tenant's own schema, database and login away, with everything in them. Nothing happens
 * where there is nothing.
 */
export async function unprovision(tenancy: Tenancy, tenantId: string, place: Place): Promise<void> {
  const name = privateName(tenantId)
  if (place.kind === 'shared') return
  if (place.kind === 'database' && !(await databaseExists(tenancy, place))) return
  await asMigrator(tenancy, place, async (client) => {
    await client.query('set role rowhouse_owner')
    await client.query(
      'delete from tenancy.tenant_homes where tenant_id = $1 and schema_name = $2',
      [tenantId, name],
    )
    for (const table of ['applied_migrations', 'failed_migrations'])
      await client.query(`delete from tenancy.${table} where schema = $1`, [name])
    await client.query(`drop schema if exists ${name} cascade`)
    await client.query('reset role')
    await client.query('select tenancy.drop_login($1)', [tenantId])
  })
  if (place.kind === 'database')
    await asMigrator(tenancy, { ...place, database: null }, async (client) => {
      await client.query('set role rowhouse_owner')
      await client.query(`drop database if exists ${name}`)
    })
}

async function makeDatabase(tenancy: Tenancy, place: Place): Promise<void> {
  if (await databaseExists(tenancy, place)) return
  const name = place.schema
  await asMigrator(tenancy, { ...place, database: null }, (client) =>
    client.query(`create database ${name} template ${templateDatabase} owner rowhouse_owner`),
  )
  await asMigrator(tenancy, place, async (client) => {
    await client.query('set role rowhouse_owner')
    await client.query(
      `revoke all on database ${name} from public; grant connect on database ${name} to rowhouse_migrator, rowhouse_worker; grant temporary on database ${name} to rowhouse_worker`,
    )
  })
}

const databaseExists = (tenancy: Tenancy, place: Place) =>
  asMigrator(
    tenancy,
    { ...place, database: null },
    async (client) =>
      (await client.query('select from pg_catalog.pg_database where datname = $1', [place.schema]))
        .rowCount === 1,
  )

/** One connection of the migrator in the database of a place. */
export function asMigrator<T>(
  tenancy: Tenancy,
  place: Place,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const maintenance = place.server && !place.database ? { ...place, database: 'postgres' } : place
  return withConnection(serviceUrl(tenancy, 'migrator', maintenance), work)
}
