import pg from 'pg'
import { withConnection, inDatabase } from '@rowhouse/tenancy/admin'

const urlSettings = [
  'DATABASE_URL',
  'PLATFORM_DATABASE_URL',
  'TENANT_DATABASE_URL',
  'WORKER_DATABASE_URL',
  'MIGRATOR_DATABASE_URL',
]

/**
 * Creates an empty database for a benchmark and points the environment to it.
 * @returns Its URL.
 */
export async function createBenchDatabase(name: string): Promise<string> {
  const configured = process.env.DATABASE_URL
  if (!configured) throw new Error('DATABASE_URL is missing: run `npm run bench`, which sets it')
  const database = `rowhouse_bench_${name}`
  await dropBenchDatabase(inDatabase(configured, database))
  await withConnection(inDatabase(configured, 'postgres'), (admin) =>
    admin.query(`create database ${pg.escapeIdentifier(database)}`),
  )
  for (const name of urlSettings) {
    const value = process.env[name]
    if (value) process.env[name] = inDatabase(value, database)
  }
  return inDatabase(configured, database)
}

/**
 * Drops it, and the databases and roles of its tenants, even if the run that created it was killed.
 */
export async function dropBenchDatabase(url: string): Promise<void> {
  const tenants = await withConnection(url, async (client) => {
    const exists = await client.query(`select where to_regclass('tenancy.tenants') is not null`)
    if (exists.rowCount === 0) return []
    const { rows } = await client.query<{ name: string; own: boolean }>(
      `select 't_' || replace(t.id::text, '-', '') as name, exists (select from pg_catalog.pg_database where datname = 't_' || replace(t.id::text, '-', '')) as own from tenancy.tenants as t`,
    )
    return rows
  }).catch((error: { code?: string }) => {
    if (error.code === '3D000') return undefined // there is no such database
    throw error
  })
  if (tenants === undefined) return
  await withConnection(inDatabase(url, 'postgres'), async (admin) => {
    await admin.query(
      `drop database if exists ${pg.escapeIdentifier(decodeURIComponent(new URL(url).pathname.slice(1)))} with (force)`,
    )
    for (const { name } of tenants.filter(({ own }) => own))
      await admin.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`)
    if (tenants.length > 0)
      await admin.query(
        tenants.map(({ name }) => `drop role if exists ${pg.escapeIdentifier(name)}`).join(';'),
      )
  })
}
