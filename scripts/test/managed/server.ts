import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { ChildGroup } from '../../children.mjs'
import { withDatabase } from '../../environment.ts'
import { removePostgres, startPostgres } from '../../postgres.ts'
import { installBinaries } from '../../postgres/binaries.ts'
import type { ProviderModel } from './models.ts'

/** A new server with administrators as a provider makes them. */
export type ManagedServer = {
  superuserUrl: string
  /** The URLs of two administrators with the same rights. */
  adminUrls: readonly [string, string]
  /** Roles, settings, rights and functions of the server, one object a line. */
  catalogue: () => Promise<string[]>
  stop: () => Promise<void>
}

export async function startManagedServer(
  model: ProviderModel,
  { name, major, children }: { name: string; major: number; children: ChildGroup },
): Promise<ManagedServer> {
  const binaries = await installBinaries(major, children)
  await removePostgres(name)
  const { adminUrl: superuserUrl, stop } = await startPostgres({ name, durable: false, binaries })
  const password = randomBytes(18).toString('base64url')
  const adminUrlOf = (admin: string) => {
    const url = new URL(withDatabase(superuserUrl, model.database))
    url.username = admin
    url.password = password
    return url.toString()
  }
  const names = [`${model.group.name}_one`, `${model.group.name}_two`] as const
  let agent: Agent | undefined
  try {
    await withClient(superuserUrl, async (superuser) => {
      for (const statement of statementsOf(model, names, password)) await superuser.query(statement)
      // shows whether the server made a verifier, because ours have the default number
      if (major >= 16) {
        await superuser.query('alter system set scram_iterations = 5000')
        await superuser.query('select pg_reload_conf()')
      }
    })
    agent = startAgent(superuserUrl)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    superuserUrl,
    adminUrls: [adminUrlOf(names[0]), adminUrlOf(names[1])],
    catalogue: () => catalogue(withDatabase(superuserUrl, model.database)),
    stop: async () => {
      await agent?.stop()
      await stop()
      await removePostgres(name)
    },
  }
}

function statementsOf(
  { group, attributes, database, extensions }: ProviderModel,
  administrators: readonly string[],
  password: string,
): string[] {
  const [first = ''] = administrators
  return [
    `create role ${group.name} ${group.attributes}`,
    ...group.memberOf.map((role) => `grant ${role} to ${group.name} with admin option`),
    ...administrators.flatMap((name) => [
      `create role ${name} login ${attributes} password ${pg.escapeLiteral(password)}`,
      `grant ${group.name} to ${name}`,
    ]),
    ...(database === 'postgres' ? [`alter database postgres owner to ${first}`] : []),
    ...(extensions
      ? [
          `create schema ${extensions.schema}`,
          `grant usage on schema ${extensions.schema} to public`,
          ...extensions.names.map(
            (name) => `create extension ${pg.escapeIdentifier(name)} schema ${extensions.schema}`,
          ),
        ]
      : []),
  ]
}

type Agent = { stop: () => Promise<void> }

/**
 * Plays the provider's monitoring: a superuser's session that stays in the database `postgres`, and
 * one that visits every other database for a moment, about once a second.
 */
function startAgent(superuserUrl: string): Agent {
  let running = true
  const visits = withClient(superuserUrl, async (resident) => {
    while (running) {
      const { rows } = await resident.query<{ name: string }>(
        `select datname as name from pg_database where datallowconn and datname <> 'postgres'`,
      )
      for (const { name } of rows)
        await withClient(withDatabase(superuserUrl, name), (client) =>
          client.query('select pg_sleep(0.05)'),
        ).catch((error: { code?: string }) => {
          // the database was dropped, renamed or closed in the meantime
          if (!['3D000', '55000', '57P01', '57P04'].includes(error.code ?? '')) throw error
        })
      await sleep(1_000)
    }
  })
  const ended = visits.catch((error: Error) =>
    console.error(`the visits of the superuser ended: ${error.message}`),
  )
  return {
    stop: async () => {
      running = false
      await ended
    },
  }
}

async function catalogue(url: string): Promise<string[]> {
  return await withClient(url, async (superuser) => {
    const { rows } = await superuser.query<{ line: string }>(`
      select line from (
        select 'role ' || (to_jsonb(r) - 'oid')::text from pg_authid as r
        union all select 'member ' || m.roleid::regrole || ' ' || m.member::regrole || ' ' || (to_jsonb(m) - 'oid')::text from pg_auth_members as m
        union all select 'setting ' || setdatabase || ' ' || setrole::regrole || ' ' || setconfig::text from pg_db_role_setting
        union all select 'database ' || oid || ' ' || datname || ' ' || coalesce(datacl::text, '') from pg_database
        union all select 'schema ' || nspname || ' ' || coalesce(nspacl::text, '') from pg_namespace where nspname !~ '^pg_(toast|temp)'
        union all select 'relation ' || oid::regclass || ' ' || relowner::regrole || ' ' || coalesce(relacl::text, '') from pg_class where relkind in ('r', 'p', 'v', 'S', 'i')
        union all select 'function ' || oid::regprocedure || ' ' || proowner::regrole || ' ' || md5(prosrc) || ' ' || coalesce(proacl::text, '') from pg_proc
      ) as lines (line) order by 1`)
    return rows.map(({ line }) => line)
  })
}

/** Runs `work` on a connection of its own. */
export async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {}) // the query that it interrupts has the error
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {}) // a closed connection has ended
  }
}
