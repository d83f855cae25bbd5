import pg from 'pg'
import { MigrationFailed } from '#tenancy/migrations/errors'
import type { Migration } from '#tenancy/migrations/history'

/** Another runner has written this target's ledger rows. */
export class LedgerConflict extends Error {}

/** What PostgreSQL said, with the target and the statement; anything else as it is. */
export function toMigrationError(
  reason: unknown,
  target: string,
  file: Migration | undefined,
  statement: string | null,
): unknown {
  if (!(reason instanceof pg.DatabaseError)) return reason
  if (reason.code === '23505' && reason.constraint === 'applied_migrations_pkey')
    return new LedgerConflict()
  return new MigrationFailed(
    target,
    file?.tag ?? '',
    statement,
    reason.code ?? null,
    [reason.message, reason.detail].filter(Boolean).join('; '),
  )
}
