import type pg from 'pg'
import { RowhouseError } from '#tenancy/base/errors'
import { isTransientCode } from '#tenancy/base/transient-errors'

const firstFew = (names: string[]) =>
  names.length > 3
    ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
    : names.join(', ')

const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 200)

/** The database predates the engine's own migration history. */
export class OldLayout extends RowhouseError {
  static override readonly code: string = 'old_layout'
  static override readonly fault: boolean = true
  readonly database: string
  constructor(database: string) {
    super(
      `database ${database} has the layout of an older Rowhouse, which cannot be upgraded; nothing was changed. \`npm run db:reset\` deletes a development database; otherwise, set up an empty one`,
    )
    this.database = database
  }
}

/** PostgreSQL refused a statement of one of the SQL files that setup runs. */
export class SqlFileFailed extends RowhouseError {
  static override readonly code: string = 'sql_file_failed'
  override readonly retryable: boolean
  /** The file, such as `admin/roles.sql`. */
  readonly file: string
  /** The statement, with the comments before it. */
  readonly statement: string
  readonly sqlstate: string
  constructor(file: string, statement: string, cause: pg.DatabaseError & { code: string }) {
    super(`${file} failed: ${cause.message}`)
    this.file = file
    this.statement = statement
    this.sqlstate = cause.code
    this.retryable = isTransientCode(cause.code)
    this.cause = cause
  }
}

/** The profile `hardened` was declared, but the administrator may not revoke these functions. */
export class HardeningIncomplete extends RowhouseError {
  static override readonly code: string = 'hardening_incomplete'
  readonly database: string
  /** The open functions. */
  readonly functions: string[]
  constructor(database: string, open: { signatures: string[] }[]) {
    const functions = open.flatMap(({ signatures }) => signatures)
    super(
      `database ${database} cannot have the profile hardened: public may call ${firstFew(functions)}, and only a superuser can revoke that; run setup as a superuser, or declare the profile managed`,
    )
    this.database = database
    this.functions = functions
  }
}

/** A history or target has a migration that this build lacks. */
export class MigrationMissing extends RowhouseError {
  static override readonly code: string = 'migration_missing'
  static override readonly fault: boolean = true
  readonly migration: string
  constructor(migration: string, why: string) {
    super(`migration ${migration} is missing: ${why}; restore it from the repository's history`)
    this.migration = migration
  }
}

/** A migration file was changed after it was applied. */
export class MigrationChanged extends RowhouseError {
  static override readonly code: string = 'migration_changed'
  static override readonly fault: boolean = true
  readonly migration: string
  readonly targets: string[]
  constructor(migration: string, targets: string[], applied: string, file: string) {
    super(
      `migration ${migration} was changed after it was applied to ${firstFew(targets)}: applied ${applied.slice(0, 12)}, file ${file.slice(0, 12)}; restore the file and put the change into a new migration`,
    )
    this.migration = migration
    this.targets = targets
  }
}

/** A target has migrations that this build does not know. */
export class SchemaTooNew extends RowhouseError {
  static override readonly code: string = 'schema_too_new'
  static override readonly retryable: boolean = true
  readonly target: string
  readonly unknown: string[]
  constructor(target: string, unknown: string[], known: string, why?: string) {
    super(
      `${target} is at ${unknown.at(-1)} but this build knows up to ${known}${why ? ` (${why})` : ''}; use a build with ${unknown.at(-1)} or later`,
    )
    this.target = target
    this.unknown = unknown
  }
}

type MigrationFailure = {
  target: string
  /** The tag of the migration. */
  migration: string
  /** The failed statement. Null for the transaction as a whole or the lock of the target. */
  statement: string | null
  sqlstate: string | null
  /** PostgreSQL's message and detail. */
  server: string
}

/** A migration failed in one target, which is unchanged. */
export class MigrationFailed extends RowhouseError implements MigrationFailure {
  static override readonly code: string = 'migration_failed'
  static override readonly fault: boolean = true
  readonly target: string
  readonly migration: string
  readonly statement: string | null
  readonly sqlstate: string | null
  readonly server: string
  constructor({ target, migration, statement, sqlstate, server }: MigrationFailure) {
    super(
      `${target}: ${migration} failed${statement ? ` at "${oneLine(statement)}"` : ''}: ${server}`,
    )
    this.target = target
    this.migration = migration
    this.statement = statement
    this.sqlstate = sqlstate
    this.server = server
  }
}

/** PostgreSQL's parser rejects a migration. `line` and `column` count from 1, in the file. */
export class UnparsableSql extends RowhouseError {
  static override readonly code: string = 'unparsable_sql'
  static override readonly fault: boolean = true
  readonly source: string
  readonly line: number | null
  readonly column: number | null
  /** @param position - Null inside a `do` block, where the parser does not report it. */
  constructor(source: string, message: string, position: { line: number; column: number } | null) {
    const where = position
      ? `(line ${position.line}, column ${position.column})`
      : 'in a `do` block'
    super(`${source}: ${message} ${where}; correct the statement`)
    this.source = source
    this.line = position?.line ?? null
    this.column = position?.column ?? null
  }
}

/** The database of a target does not accept a connection of the migrator. */
export class TargetUnreachable extends RowhouseError {
  static override readonly code: string = 'target_unreachable'
  static override readonly retryable: boolean = true
  readonly target: string
  readonly where: string
  /** @param where - Host, port and database. */
  constructor(target: string, where: string, why: string) {
    super(
      `${target}: its database ${where} cannot be reached: ${why}; check that it runs and accepts rowhouse_migrator, then try again`,
    )
    this.target = target
    this.where = where
  }
}

/** A target is being migrated, and the wait for its version lock timed out. */
export class TargetLocked extends RowhouseError {
  static override readonly code: string = 'target_locked'
  static override readonly retryable: boolean = true
  readonly target: string
  readonly holder: string
  constructor(target: string, holder: string) {
    super(`${target} is being migrated by ${holder}; try again when it has finished`)
    this.target = target
    this.holder = holder
  }
}
