import { RowhouseError } from '#tenancy/base/errors'
import { isDatabaseError } from '#tenancy/base/transient-errors'
import { MigrationFailed } from '#tenancy/migrations/errors'
import type { Migration } from '#tenancy/migrations/history'

/** Another runner was first to insert the ledger rows of this target. */
export class LedgerConflict extends RowhouseError {
  static override readonly code: string = 'ledger_conflict'
  static override readonly retryable: boolean = true
  constructor() {
    super('another run has applied these migrations')
  }
}

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
  if (!isDatabaseError(error)) return error
  if (error.code === '23505' && error.constraint === 'applied_migrations_pkey')
    return new LedgerConflict()
  return new MigrationFailed({
    target,
    migration: file?.tag ?? '',
    statement,
    sqlstate: error.code,
    server: [error.message, error.detail].filter(Boolean).join('; '),
  })
}
