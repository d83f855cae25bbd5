import { isConnectionError, isTransientCode, codeOf } from '#tenancy/base/transient-errors'
import { MigrationFailed } from '#tenancy/migrations/errors'

/** True if a retry may succeed. After a lost connection, the ledger shows whether it committed. */
export function isRetryableMigrationError(error: unknown): boolean {
  if (MigrationFailed.is(error)) return isTransientCode(error.sqlstate)
  return isConnectionError(error) || isTransientCode(codeOf(error))
}
