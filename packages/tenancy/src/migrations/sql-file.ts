import type pg from 'pg'
import { readSqlFile } from '#tenancy/base/files'
import { isDatabaseError } from '#tenancy/base/transient-errors'
import { withTransaction } from '#tenancy/base/with-transaction'
import { SqlFileFailed } from '#tenancy/migrations/errors'
import { splitSql } from '#tenancy/migrations/parse-sql'

/** A file of SQL statements. */
export type SqlFile = { name: string; text: string }

/** Reads a file of the engine's folder `sql`. `name` has no suffix. */
export const readEngineSql = async (
  folder: 'admin' | 'functions',
  name: string,
): Promise<SqlFile> => ({
  name: `${folder}/${name}.sql`,
  text: await readSqlFile(folder, `${name}.sql`),
})

/**
 * Runs the statements of a file one by one, so that an error names the statement. The caller opens the
 * transaction.
 * @throws SqlFileFailed if PostgreSQL refuses a statement.
 */
export async function runStatements(client: pg.ClientBase, file: SqlFile): Promise<void> {
  for (const { sql } of await splitSql(file.text, file))
    try {
      await client.query(sql)
    } catch (error) {
      throw isDatabaseError(error) ? new SqlFileFailed(file.name, sql, error) : error
    }
}

/**
 * Runs a file in one transaction.
 * @throws SqlFileFailed if PostgreSQL refuses a statement.
 */
export const runSqlFile = (client: pg.ClientBase, file: SqlFile): Promise<void> =>
  withTransaction(client, () => runStatements(client, file))
