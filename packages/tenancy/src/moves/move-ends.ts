import { eq } from 'drizzle-orm'
import { timings } from '#tenancy/base/timings'
import type pg from 'pg'
import { createClient } from '#tenancy/base/database-client'
import { platform, serviceUrl, type Placement } from '#tenancy/registry/placements'
import { servers, type MoveEnd } from '#tenancy/base/schema'
import { decrypt } from '#tenancy/base/encryption'
import type { Tenancy } from '#tenancy/base/tenancy'

/** One end of a move, with what is needed to reach it. */
export type End = Pick<Placement, 'kind' | 'server' | 'database' | 'schema' | 'login' | 'password'>

// what a row looks like as text must not depend on which server or login writes it
const settings = `
  set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set extra_float_digits = 1; set bytea_output = 'hex';
  set jit = off; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
  set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3`

export async function resolveEnd(tenancy: Tenancy, tenantId: string, end: MoveEnd): Promise<End> {
  const { kind, serverId, database, schema, login, secret } = end
  const password = secret === null ? null : decrypt(tenancy, secret, `placement ${tenantId}`)
  const place = { kind, database, schema, login, password }
  if (serverId === null) return { ...place, server: null }
  const [row] = await platform(tenancy).select().from(servers).where(eq(servers.id, serverId))
  if (!row) throw new Error(`server ${serverId} is in no list`)
  const server = {
    host: row.host,
    port: row.port,
    migratorPassword: decrypt(tenancy, row.migratorSecret, `server ${row.id} migrator`),
    workerPassword: decrypt(tenancy, row.workerSecret, `server ${row.id} worker`),
  }
  return { ...place, server }
}

/** How an end is called in notes and errors. */
export const locationName = ({
  server,
  database,
  schema,
}: {
  server: { host: string; port: number } | null
  database: string | null
  schema: string
}): string =>
  `${server ? `${server.host}:${server.port}/` : ''}${database ?? 'main'}, schema ${schema}`

type Where = Pick<MoveEnd, 'kind' | 'serverId' | 'database' | 'schema'>
export const isSameLocation = (a: Where, b: Where): boolean =>
  (['kind', 'serverId', 'database', 'schema'] as const).every((part) => a[part] === b[part])

/** True when both ends are in the main database, so that one transaction can switch. */
export const isSameDatabase = (source: MoveEnd, target: MoveEnd): boolean =>
  source.database === null && target.database === null

/** A connection of the worker to one end. `who` is what others see that wait for it. */
export async function openConnection(tenancy: Tenancy, end: End, who: string): Promise<pg.Client> {
  const client = createClient({
    connectionString: serviceUrl(tenancy, 'worker', end),
    application_name: who,
    keepAlive: true,
    connectTimeoutMs: timings.connect,
  })
  client.on('error', () => {}) // the query under way, or the next one, rejects with it
  await client.connect()
  await client.query(settings)
  // not every platform can
  await client.query(`set client_connection_check_interval = '2s'`).catch(() => {})
  return client
}
