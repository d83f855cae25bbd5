import pg from 'pg'
import { MigrationFailed } from '#tenancy/migrations/errors'
import type { Migration } from '#tenancy/migrations/history'

/** Another runner was first to insert the ledger rows of this target. */
export class LedgerConflict extends Error {}

/**
 * Adds the target and the statement to an error of PostgreSQL.
 * @returns A MigrationFailed or a LedgerConflict. Errors other than PostgreSQL's are returned
 *   unchanged.
 */
export function toMigrationError(
  error: unknown,
  target: string,
  file: Migration | undefined,
  statement: string | null,
): unknown {
  if (!(error instanceof pg.DatabaseError)) return error
  if (error.code === '23505' && error.constraint === 'applied_migrations_pkey')
    return new LedgerConflict()
  return new MigrationFailed({
    target,
    migration: file?.tag ?? '',
    statement,
    sqlstate: error.code ?? null,
    server: [error.message, error.detail].filter(Boolean).join('; '),
  })
}
