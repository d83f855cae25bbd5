import { isConnectionError, isTransientCode, codeOf } from '#tenancy/base/transient-errors'
import { MigrationFailed } from '#tenancy/migrations/errors'

/** True if another try may succeed. A lost connection may have committed; the ledger tells. */
export function isRetryableMigrationError(error: unknown): boolean {
  if (MigrationFailed.is(error)) return isTransientCode(error.sqlstate)
  return isConnectionError(error) || isTransientCode(codeOf(error))
}
