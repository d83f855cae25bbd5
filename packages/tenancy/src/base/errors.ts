// The errors that the whole engine uses. Each is one sentence, with the values as fields.

/** Identifies our errors across copies of this module: a bundler may load it once per bundle. */
const brand = Symbol.for('rowhouse.error')

/**
 * The base class of our errors: one sentence for people, a stable `code` and fields for programs. Use
 * `is` instead of `instanceof`: see `brand`.
 */
export abstract class RowhouseError extends Error {
  static readonly code: string = ''
  /** The same call may succeed later. */
  static readonly retryable: boolean = false
  /** The installation is broken; the caller's input and timing are not the cause. */
  static readonly fault: boolean = false

  readonly [brand] = true
  readonly code: string
  readonly retryable: boolean
  readonly fault: boolean

  constructor(message: string) {
    super(message)
    const { code, retryable, fault } = new.target as typeof RowhouseError
    this.code = code
    this.retryable = retryable
    this.fault = fault
  }

  /** The name of the class. It is derived from the code, because a production build shortens class names. */
  override get name() {
    return this.code.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
  }

  /**
   * @param error - Anything that was thrown.
   * @returns Whether it is an error of this class, even from another copy of the module.
   */
  static is<T extends RowhouseError>(
    this: { code: string } & (abstract new (...values: never[]) => T),
    error: unknown,
  ): error is T {
    if (typeof error !== 'object' || error === null || !(brand in error)) return false
    return this.code === '' || (error as RowhouseError).code === this.code
  }
}

export class ConfigurationError extends RowhouseError {
  static override readonly code: string = 'configuration_error'
  static override readonly fault: boolean = true
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`the configuration is not usable:\n${problems.map((p) => `  - ${p}`).join('\n')}`)
    this.problems = problems
  }
}

/** The same for objects that do not exist and for those that the caller may not see. */
export class NotFound extends RowhouseError {
  static override readonly code: string = 'not_found'
  readonly what: string
  constructor(what: string) {
    super(`${what} was not found`)
    this.what = what
  }
}

export class TenantNotFound extends RowhouseError {
  static override readonly code: string = 'tenant_not_found'
  readonly tenant: string
  constructor(tenant: string) {
    super(`there is no tenant ${tenant}; \`tenant list\` lists all tenants`)
    this.tenant = tenant
  }
}

const busyLimits = {
  concurrent_transactions: 'transactions at a time',
  requests_per_minute: 'requests a minute',
  api_calls_per_minute: 'API calls a minute',
  database_connections: 'database connections',
}

/** The limit that was reached: a limit of the tenant, or the process's limit of connections. */
export type BusyLimit = keyof typeof busyLimits

export class TooBusy extends RowhouseError {
  static override readonly code: string = 'too_busy'
  readonly limit: BusyLimit
  /** The value of the limit. */
  readonly max: number
  readonly retryAfterSeconds: number
  constructor(limit: BusyLimit, max: number, retryAfterSeconds: number) {
    super(
      `the limit of ${max} ${busyLimits[limit]} is reached; try again in ${retryAfterSeconds} s`,
    )
    this.limit = limit
    this.max = max
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const connectionFailures = {
  closed: 'the connection to the database was closed',
  'connect timeout': 'the database accepted no connection',
  'answer timeout': 'the database did not answer',
  'none free': 'no connection to the database became available',
}

/**
 * A connection could not be opened in time, or was lost; it is unknown whether the last statement took
 * effect. Errors with a SQLSTATE or a code of Node's are not wrapped: `isConnectionError` recognises
 * both.
 */
export class ConnectionFailed extends RowhouseError {
  static override readonly code: string = 'connection_failed'
  static override readonly retryable: boolean = true
  readonly why: keyof typeof connectionFailures
  readonly ms: number | undefined
  constructor(
    why: keyof typeof connectionFailures,
    { ms, cause }: { ms?: number; cause?: unknown } = {},
  ) {
    super(`${connectionFailures[why]}${ms === undefined ? '' : ` within ${ms} ms`}`)
    this.why = why
    this.ms = ms
    if (cause !== undefined) this.cause = cause
  }
}

/** A connection string requires TLS, and the server does not offer it or its certificate is refused. */
export class TlsFailed extends RowhouseError {
  static override readonly code: string = 'tls_failed'
  static override readonly fault: boolean = true
  readonly server: string
  constructor(server: string, cause: Error) {
    super(
      `TLS with ${server} failed (${cause.message}). If a private CA has issued its certificate, add sslmode=verify-full&sslrootcert=/path/to/ca.pem to the URL; uselibpqcompat=true&sslmode=require encrypts without checking the certificate`,
    )
    this.server = server
    this.cause = cause
  }
}

/**
 * PostgreSQL, or a pooler, does not let the dedicated role of a tenant connect. For an instant, it is
 * the old password after a rotation, or the role of a placement that the tenant has left.
 */
export class DedicatedRoleRefused extends RowhouseError {
  static override readonly code: string = 'dedicated_role_refused'
  static override readonly retryable: boolean = true
  static override readonly fault: boolean = true
  readonly login: string
  constructor(login: string, cause: Error) {
    super(
      `the role ${login} cannot connect (${cause.message}). If TENANT_DATABASE_URL goes through a pooler, the pooler has to find the passwords of new roles in the database (PgBouncer: auth_query); otherwise \`tenant rotate\` sets a new password`,
    )
    this.login = login
    this.cause = cause
  }
}

/** A query was cancelled at the tenant's statement timeout. */
export class TookTooLong extends RowhouseError {
  static override readonly code: string = 'took_too_long'
  static override readonly retryable: boolean = true
  readonly limitMs: number
  constructor(limitMs: number) {
    super(
      `this took longer than ${limitMs} ms and was stopped; nothing was changed. Request less at a time`,
    )
    this.limitMs = limitMs
  }
}

/** The worker is stopping. The next worker continues the work. */
export class WorkerStopping extends RowhouseError {
  static override readonly code: string = 'worker_stopping'
  static override readonly retryable: boolean = true
  constructor() {
    super('the worker is stopping; the next one continues this work')
  }
}

/** Invalid input. `field` is the name of the form field. */
export class Invalid extends RowhouseError {
  static override readonly code: string = 'invalid'
  readonly field: string
  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

/** The foreign keys of these tables form a cycle, so that no insert order satisfies them. */
export class TablesInACircle extends RowhouseError {
  static override readonly code: string = 'tables_in_a_circle'
  static override readonly fault: boolean = true
  readonly tables: string[]
  constructor(tables: string[], { canDefer }: { canDefer: boolean }) {
    super(
      `the tables ${tables.join(', ')} refer to each other in a cycle, so none can be filled first; ${canDefer ? 'make one of the foreign keys deferrable, without `restrict`, or remove it' : 'remove one of the foreign keys'}`,
    )
    this.tables = tables
  }
}
