import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { withConnection } from '#tenancy/base/connect'
import { engineFile } from '#tenancy/base/files'
import { giveKey } from '#tenancy/base/signing-key'
import { type Tenancy } from '#tenancy/base/tenancy'
import {
  adminDigest,
  harden,
  installAdminFunctions,
  readAdminFiles,
} from '#tenancy/migrations/admin-files'
import { applyEngineMigrations, type DatabaseScope } from '#tenancy/migrations/engine-migrations'
import { recordedDigest, refreshEngine } from '#tenancy/migrations/functions'
import { createdFunctions, parseSql } from '#tenancy/migrations/parse-sql'
import { recordProfile, type Profile } from '#tenancy/migrations/profile'
import { asOwnerSession } from '#tenancy/migrations/script'
import { engineDrift } from '#tenancy/migrations/verify'
import { passwordToSend } from '#tenancy/placements/passwords'
import { asMigrator } from '#tenancy/placements/provision'
import { connectionString, type Placement } from '#tenancy/registry/placements'

/** One thing that was repaired; `database` is null for the server as a whole. */
export type Repair = { database: string | null; what: string }

export type RepairOptions = {
  scope: DatabaseScope
  /** The placements with a dedicated role in this database. */
  dedicated: Placement[]
  /** Declares the profile of the database; by default, it keeps the recorded one. */
  profile: Profile | undefined
}

/**
 * Repairs in one database what a dump does not carry: owners, rights, settings and passwords of roles,
 * and the functions of this build. Changes nothing that is in place.
 * @param adminUrl - The administrator's URL of this database.
 */
export async function repairDatabase(
  tenancy: Tenancy,
  adminUrl: string,
  { scope, dedicated, profile }: RepairOptions,
): Promise<Repair[]> {
  return withConnection(adminUrl, async (admin) => {
    const database = admin.database ?? null
    const repairs: Repair[] = []
    const record = (what: string) => repairs.push({ database, what })
    if (await isMissing(admin, 'database-rights')) {
      await harden(admin)
      record('rights on the database: restored')
    }
    const granted = await runAll(admin, 'built-in-rights')
    if (granted > 0) record(`${granted} built-in functions: granted to our roles`)
    const ownedByAdmin = await adminFunctions()
    const given = await runAll(admin, 'ownership', [ownedByAdmin])
    if (given > 0) record(`${given} objects: given to rowhouse_owner`)
    // a backup of an older build
    await admin.query(asOwnerSession)
    const migrated = await applyEngineMigrations(admin, scope)
    await admin.query('reset role')
    if (migrated.length > 0) record(`migrations of the engine: applied ${migrated.join(', ')}`)
    if (!(await hasAdminFunctions(admin, ownedByAdmin))) {
      await installAdminFunctions(admin)
      record('functions of the administrator: installed again')
    }
    if (profile) await recordProfile(admin, profile)
    await admin.query(asOwnerSession)
    const { rowCount: keys } = await admin.query('select from tenancy.key')
    if (keys === 0) {
      await giveKey(admin)
      record('signing key: created')
    }
    if (await needsEngine(tenancy, admin, scope)) {
      await runAll(admin, 'public-functions')
      // with this record they would count as applied
      await admin.query(
        `delete from tenancy.applied_migrations where schema = 'tenancy' and migration = 'functions'`,
      )
      await refreshEngine(tenancy, admin, scope)
      record('functions and grants of this build: applied again')
    }
    for (const placement of dedicated)
      if (!(await canConnect(tenancy, admin, placement))) {
        await asMigrator(tenancy, placement, (migrator) =>
          migrator.query('select tenancy.create_dedicated_role($1, $2)', [
            placement.tenantId,
            passwordToSend(tenancy, migrator, placement.password ?? ''),
          ]),
        )
        record(`role ${placement.login}: created, with the password of the registry`)
      }
    const restored = await runAll(admin, 'tenant-rights')
    if (restored > 0) record(`${restored} schemas and tables of tenants: rights restored`)
    return repairs
  })
}

const readQuery = (name: string) => readFile(engineFile('src', 'restore', `${name}.sql`), 'utf8')

/** Runs the statements that a query returns. Returns how many there were. */
async function runAll(admin: pg.Client, name: string, values: unknown[] = []): Promise<number> {
  const { rows } = await admin.query<{ statement: string }>(await readQuery(name), values)
  for (const { statement } of rows) await admin.query(statement)
  return rows.length
}

/** Runs a query that tells whether something is missing. */
async function isMissing(
  client: pg.Client,
  name: string,
  values: unknown[] = [],
): Promise<boolean> {
  const { rows } = await client.query<{ missing: boolean }>(await readQuery(name), values)
  return rows[0]?.missing === true
}

async function adminFunctions(): Promise<string[]> {
  const files = await readAdminFiles()
  return createdFunctions(
    (await Promise.all(files.map((file) => parseSql(file.text, file)))).flat(),
  )
}

/**
 * Whether the functions that run with the administrator's privileges are those of this build, with an owner
 * who can create roles, and with grants.
 */
async function hasAdminFunctions(admin: pg.Client, names: string[]): Promise<boolean> {
  if ((await recordedDigest(admin, 'admin')) !== (await adminDigest())) return false
  const { rows } = await admin.query<{ found: number }>(
    `select count(*)::int as found
     from pg_catalog.pg_proc as p
     join pg_catalog.pg_roles as o on o.oid = p.proowner
     where p.pronamespace = 'tenancy'::regnamespace and p.proname = any ($1) and (o.rolsuper or o.rolcreaterole)
       and exists (select from aclexplode(p.proacl) as a where a.grantee not in (0, p.proowner))`,
    [names],
  )
  return (rows[0]?.found ?? 0) >= names.length
}

/** Whether a dedicated role can log in with its password, and has its settings in this database. */
async function canConnect(
  tenancy: Tenancy,
  admin: pg.Client,
  placement: Placement,
): Promise<boolean> {
  const { rowCount } = await admin.query(
    `select from pg_catalog.pg_db_role_setting as s
     join pg_catalog.pg_roles as r on r.oid = s.setrole
     join pg_catalog.pg_database as d on d.oid = s.setdatabase
     where r.rolname = $1 and d.datname = current_database() and has_database_privilege(r.oid, d.oid, 'connect')`,
    [placement.login],
  )
  if (rowCount === 0) return false
  return withConnection(connectionString(tenancy, placement), (client) =>
    client.query('select'),
  ).then(
    () => true,
    () => false,
  )
}

async function needsEngine(
  tenancy: Tenancy,
  owner: pg.Client,
  scope: DatabaseScope,
): Promise<boolean> {
  const entries = scope === 'main' ? Object.values(tenancy.config.entries) : []
  const functions = entries.flatMap((entry) =>
    Object.entries(entry.functions).map(([signature, login]) => ({
      signature,
      caller: `rowhouse_${login}`,
    })),
  )
  return (
    (await isMissing(owner, 'engine-rights', [JSON.stringify(functions)])) ||
    (await engineDrift(tenancy, owner, 'tenancy', scope)).length > 0
  )
}
