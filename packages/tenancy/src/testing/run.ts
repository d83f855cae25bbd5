import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { withConnection, inDatabase } from '#tenancy/base/connect'
import { isDatabaseError } from '#tenancy/base/transient-errors'

/** What the files of a test run share: a server, and a template database without connections. */
export type TestRun = {
  id: string
  adminUrl: string
  template: string
  env: Record<string, string>
  urls: Record<'platform' | 'tenant' | 'worker' | 'migrator', string>
}

declare module 'vitest' {
  interface ProvidedContext {
    run: TestRun
  }
}

const prefix = 'rowhouse_test_'
const lockOf = (run: string) => `rowhouse test run ${run}`

export const templateOf = (run: string) => `${prefix}${run}`
export const cloneOf = (run: string) => `${prefix}${run}_${Math.random().toString(36).slice(2, 8)}`

/** Takes a lock until the run ends. Another run drops the databases of runs without a lock. */
export async function holdRun(keeper: pg.Client, run: string): Promise<void> {
  await keeper.query('select pg_advisory_lock(hashtextextended($1, 0))', [lockOf(run)])
}

/** Runs work exclusively: roles belong to the server, and two runs must not set them up at once. */
export async function alone<T>(keeper: pg.Client, work: () => Promise<T>): Promise<T> {
  await keeper.query(`select pg_advisory_lock(hashtextextended('rowhouse test roles', 0))`)
  try {
    return await work()
  } finally {
    await keeper.query(`select pg_advisory_unlock(hashtextextended('rowhouse test roles', 0))`)
  }
}

/** Drops the databases of runs that were killed. */
export async function dropDeadRuns(keeper: pg.Client, adminUrl: string): Promise<void> {
  const { rows } = await keeper.query<{ run: string }>(
    `select distinct split_part(datname, '_', 3) as run from pg_database where starts_with(datname, $1)`,
    [prefix],
  )
  for (const { run } of rows) {
    const lock = await keeper.query<{ dead: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as dead',
      [lockOf(run)],
    )
    if (!lock.rows[0]?.dead) continue
    await dropRun(keeper, adminUrl, run)
    await keeper.query('select pg_advisory_unlock(hashtextextended($1, 0))', [lockOf(run)])
  }
}

export async function dropRun(keeper: pg.Client, adminUrl: string, run: string): Promise<void> {
  const { rows } = await keeper.query<{ name: string }>(
    `select datname as name from pg_database where datname = $1 or starts_with(datname, $1 || '_') order by datname desc`,
    [templateOf(run)],
  )
  for (const { name } of rows)
    await dropWithTenants(keeper, adminUrl, name, { template: name === templateOf(run) })
}

/**
 * Drops a main database, and the databases and roles of its tenants.
 * @param keeper - A connection of the administrator to another database.
 * @param adminUrl - The URL of the administrator.
 * @param name - The main database.
 * @param options.template - True for a template, which has no tenants.
 */
export async function dropWithTenants(
  keeper: pg.Client,
  adminUrl: string,
  name: string,
  { template = false } = {},
): Promise<void> {
  const tenants = template ? [] : await tenantsOf(inDatabase(adminUrl, name))
  await dropDatabase(keeper, name)
  for (const tenant of tenants) await dropTenant(keeper, tenant)
}

/**
 * Drops a database and ends its sessions. Waits for sessions of a superuser, such as a provider's
 * monitoring, which an administrator may not end.
 * @param admin - A connection of the administrator to another database.
 * @param name - The database.
 */
export async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await admin.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`)
      return
    } catch (error) {
      if (!isDatabaseError(error) || error.code !== '42501' || attempt === 50) throw error
      await sleep(100)
    }
  }
}

// A dedicated database and role belong to the server, not to the main database.
async function tenantsOf(url: string): Promise<string[]> {
  return await withConnection(url, async (client) => {
    const there = await client.query(`select where to_regclass('tenancy.tenants') is not null`)
    if (there.rowCount === 0) return []
    const { rows } = await client.query<{ name: string }>(
      `select 't_' || replace(id::text, '-', '') as name from tenancy.tenants`,
    )
    return rows.map(({ name }) => name)
  })
}

async function dropTenant(keeper: pg.Client, name: string): Promise<void> {
  await dropDatabase(keeper, name)
  const { rowCount } = await keeper.query(
    `select from pg_roles as r where rolname = $1
     and not exists (select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = r.oid)`,
    [name],
  )
  if (rowCount === 1) await keeper.query(`drop role ${pg.escapeIdentifier(name)}`)
}
