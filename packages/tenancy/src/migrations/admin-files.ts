import type pg from 'pg'
import { withTransaction } from '#tenancy/base/with-transaction'
import { digestOfFiles, recordDigest, recordedDigest } from '#tenancy/migrations/functions'
import { createdFunctions, parseSql } from '#tenancy/migrations/parse-sql'
import {
  readEngineSql,
  runSqlFile,
  runStatements,
  type SqlFile,
} from '#tenancy/migrations/sql-file'

/**
 * The files that the administrator runs in each database that holds tenants. The engine's tables and
 * functions are installed between the two parts.
 */
const files = {
  beforeEngine: ['hardening', 'open-functions'],
  afterEngine: ['logins', 'login-settings', 'leftovers', 'statistics'],
} as const

const read = (names: readonly string[]) =>
  Promise.all(names.map((name) => readEngineSql('admin', name)))

/** Reads those files, in order. */
export const readAdminFiles = (): Promise<SqlFile[]> =>
  read([...files.beforeEngine, ...files.afterEngine])

/** Computes the digest of the files for the ledger. */
export const adminDigest = async (): Promise<string> => digestOfFiles(await readAdminFiles())

/**
 * Revokes privileges of PUBLIC that a tenant's role could use against other tenants.
 * @param admin - A connection of the administrator.
 */
export async function harden(admin: pg.Client): Promise<void> {
  for (const file of await read(files.beforeEngine)) {
    await dropFunctionsOfOthers(admin, file)
    await runSqlFile(admin, file)
  }
}

/**
 * Installs the functions that run with the administrator's privileges, and records the digest of all
 * the files.
 * @param admin - A connection of the administrator.
 */
export async function installAdminFunctions(admin: pg.Client): Promise<void> {
  const sha256 = await adminDigest()
  await withTransaction(admin, async () => {
    for (const file of await read(files.afterEngine)) {
      await dropFunctionsOfOthers(admin, file)
      await runStatements(admin, file)
    }
    await recordDigest(admin, 'admin', sha256)
  })
}

/**
 * Tells whether a database has the files of this build, and functions that this administrator owns.
 * @param admin - A connection of the administrator.
 */
export async function hasAdminFiles(admin: pg.Client): Promise<boolean> {
  if ((await recordedDigest(admin, 'admin')) !== (await adminDigest())) return false
  for (const file of await readAdminFiles())
    if ((await functionsOfOthers(admin, file)).length > 0) return false
  return true
}

/** Functions of another administrator can be dropped by the owner of the schema, but not replaced. */
async function dropFunctionsOfOthers(admin: pg.Client, file: SqlFile): Promise<void> {
  for (const signature of await functionsOfOthers(admin, file))
    await admin.query(`drop function ${signature}`)
}

async function functionsOfOthers(admin: pg.Client, file: SqlFile): Promise<string[]> {
  const { rows } = await admin.query<{ signature: string }>(
    `select oid::regprocedure::text as signature from pg_catalog.pg_proc
     where pronamespace = to_regnamespace('tenancy') and proname = any ($1) and not pg_has_role(current_user, proowner, 'usage')`,
    [createdFunctions(await parseSql(file.text, file))],
  )
  return rows.map(({ signature }) => signature)
}
