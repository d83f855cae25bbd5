import { RowhouseError } from '@rowhouse/tenancy'

/** A command was called incorrectly: print its usage and exit with 2. */
export class UsageError extends RowhouseError {
  static override readonly code: string = 'usage_error'
}
