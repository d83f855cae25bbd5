import type { SQL } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import type { Caller } from '#tenancy/base/caller'
import type { TenantTx } from '#tenancy/base/tenant-tx'

/** The roles that the engine connects as. None may bypass row-level security. */
export const logins = ['platform', 'tenant', 'worker', 'migrator'] as const
export type Login = (typeof logins)[number]

/** Where a tenant's rows are: in the shared tables, or in a schema or a database of its own. */
export const placementKinds = ['shared', 'schema', 'database'] as const
export type PlacementKind = (typeof placementKinds)[number]

/**
 * What one tenant may use of each process: milliseconds a statement, transactions at a time,
 * requests and API calls a minute, rows of one export.
 */
export type Limits = {
  statementMs: number
  concurrent: number
  requestsPerMinute: number
  apiPerMinute: number
  exportRows: number
}

/** What a tier gives. `retentionDays`: how long its tenants may keep rows, at least and at most. */
export type TierDefinition = {
  placement: PlacementKind
  limits: Limits
  retentionDays: { least: number; most: number }
}

/** One SQL statement with its values. */
export type Statement = { text: string; values?: unknown[]; rowMode?: string; types?: unknown }

/** Where and how long a caller asks to be admitted. `statementMs` limits each of its statements. */
export type AdmissionRequest = { tenantId: string; epoch: number; statementMs: number }

/**
 * How one kind of caller proves itself. Its SQL functions check the proof, and then call
 * `tenancy.admit()`, which only the owner of the functions may execute.
 */
export type Entry<C extends Caller = Caller> = {
  /** Its SQL functions that run as their owner, by signature, and the login that calls each. */
  functions: Readonly<Record<string, Login>>
  /** Checks the caller and admits it on the shared login. Sets the transaction to read-only. */
  enter(caller: C, request: AdmissionRequest): Statement
  /**
   * Checks the caller on the platform login, for a tenant with a dedicated role. The row says in
   * `writes` whether the caller may write.
   */
  check(caller: C): Statement
  /**
   * Runs first in the caller's transaction, which may still write. With it, the row of `enter`
   * says in `writes` whether the transaction may write from then on.
   */
  entered?(tx: TenantTx, caller: C, row: Record<string, unknown>): Promise<void>
}

/** The people of tenants, whom the app keeps. */
export type MembersPort = {
  /** Makes a user the owner of a new tenant, in the transaction that makes the tenant. */
  addOwner(db: PlatformDb, tenantId: string, userId: string): Promise<void>
  /** The id of a tenant's first owner, for whom a backup is restored. */
  firstOwner(db: PlatformDb, tenantId: string): Promise<string | undefined>
  /** The members as an export lists them. */
  list(db: PlatformDb, tenantId: string): Promise<object[]>
  /** A condition: whoever asked for an export may still have it. */
  mayExport(requester: { tenantId: AnyPgColumn; userId: AnyPgColumn }): SQL
  /**
   * Erases the members of a tenant who belong to no other.
   * @param erase - `eraseTenant` erases the tenant's rows and must be called once, after the members
   *   were read. `eraseAddress` deletes the rows of an email address, see `ControlPlaneLifecycle`.
   * @returns Counts for the receipt.
   */
  erase(
    db: PlatformDb,
    tenantId: string,
    erase: {
      eraseTenant: () => Promise<void>
      eraseAddress: (email: string) => Promise<void>
    },
  ): Promise<Record<string, number>>
}

/** Drizzle on the platform login: a pool, or a transaction. No tenant table is in its reach. */
export type PlatformDb = Pick<
  NodePgDatabase<Record<string, never>>,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction'
>

/** A connection or pool. */
export type Queryable = Pick<pg.ClientBase, 'query'>

/** As pino has them: facts first, then the sentence. */
export type Logger = Record<
  'info' | 'warn' | 'error',
  (facts: Record<string, unknown>, message: string) => void
>

/**
 * How a tenant transaction ended: `refused` is the caller's doing, `failed` is not, and a `busy` one
 * got no slot.
 */
export type TransactionOutcome = 'committed' | 'refused' | 'failed' | 'busy'

/**
 * Called at the end of a tenant transaction.
 * @param end - `waitMs` is the time until it had its slot, or gave up; `databaseMs` the time that it
 *   held a connection, undefined when it got none.
 */
export type TransactionTrace = (end: {
  outcome: TransactionOutcome
  waitMs: number
  databaseMs?: number
  error?: unknown
}) => void

export type TenancyConfig = {
  /** Connection strings of the logins on the main server. Contain passwords. */
  urls: Record<Login, string>
  /** 32 bytes in base64: the key that encrypts secrets at rest, and the one before it. */
  encryptionKey: string
  previousEncryptionKey?: string | undefined
  /** How many connections of tenants one process opens at most. */
  connections: number
  /** The folder of export files. */
  exportFolder: string
  /** The folders of the app's migration histories, as drizzle-kit writes them. */
  migrations: { platform: string; tenant: string }
  /** Re-runnable SQL files of the app for the main database: the functions of its entries. */
  sqlFiles: readonly string[]
  /** What each tier gives, by its name. */
  tiers: Readonly<Record<string, TierDefinition>>
  /** How callers prove themselves, by `Caller.kind`. */
  entries: Readonly<Record<string, Entry>>
  members: MembersPort
  /**
   * The exports of the app's schema files. Each table in them says what happens to its rows, see
   * `tenantTable` and `controlPlaneTable`.
   */
  schemas: readonly object[]
  /** Tells the tenant's own trail what a retention run has deleted, in the same transaction. */
  onRetention?: (tx: TenantTx, run: { id: string; table: string; deleted: number }) => Promise<void>
  /** Transactions that took at least so many milliseconds are logged. */
  slowTransactionMs: number
  /** How statements are sent: several in one write (the default), or one by one. */
  pipeline?: 'pipelined' | 'plain'
  logger: Logger
  traceTransaction?: (transaction: {
    tenantId: string
    placement: PlacementKind
  }) => TransactionTrace
}

/** One instance of the engine: its settings, and the pools and caches that belong to them. */
export type Tenancy = {
  readonly config: TenancyConfig
  /** Kept here and not in modules: a bundler may load a module more than once. */
  readonly state: Map<string, unknown>
}

/**
 * Makes an accessor of a piece of state that each instance has of its own.
 * @param name - Unique over the engine.
 * @param make - Makes it when an instance first needs it.
 */
export function stateOf<T>(
  name: string,
  make: (tenancy: Tenancy) => T,
): ((tenancy: Tenancy) => T) & { stateName: string } {
  const of = (tenancy: Tenancy): T => {
    if (!tenancy.state.has(name)) tenancy.state.set(name, make(tenancy))
    return tenancy.state.get(name) as T
  }
  return Object.assign(of, { stateName: name })
}

/** The connection string of one of the engine's logins on the main server. Contains its password. */
export const loginUrl = (tenancy: Tenancy, login: Login): string => tenancy.config.urls[login]

/** The password in that string, which `setup` gives to the login. */
export const loginPassword = (tenancy: Tenancy, login: Login): string =>
  decodeURIComponent(new URL(loginUrl(tenancy, login)).password)
