import { RowhouseError } from '#tenancy/base/errors'

/** The database has no registry, so there is nothing to check. */
export class NothingRestored extends RowhouseError {
  static override readonly code: string = 'nothing_restored'
  readonly database: string
  constructor(database: string) {
    super(
      `the database ${database} has no table tenancy.placements; restore the dump of the main database into it first, or run setup for a new deployment`,
    )
    this.database = database
  }
}

/** The secrets in the registry were encrypted with another key. Nothing was changed. */
export class EncryptionKeyMismatch extends RowhouseError {
  static override readonly code: string = 'encryption_key_mismatch'
  readonly unreadable: number
  readonly secrets: number
  constructor(unreadable: number, secrets: number, why: string) {
    super(
      `${unreadable} of ${secrets} secrets in the registry cannot be decrypted, the first because ${why}; set ENCRYPTION_KEY to the key of the deployment that was backed up (ENCRYPTION_KEY_PREVIOUS, too, if a rotation was not finished)`,
    )
    this.unreadable = unreadable
    this.secrets = secrets
  }
}
