import type { SQL } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import type { Caller } from '#tenancy/base/caller'
import type { TenantTx } from '#tenancy/base/tenant-tx'

/** The roles that the engine connects as. None can bypass row-level security. */
export const logins = ['platform', 'tenant', 'worker', 'migrator'] as const
/** One of these roles, without the prefix `rowhouse_`. */
export type Login = (typeof logins)[number]

/** Where a tenant's rows are: in the shared tables, or in a dedicated schema or database. */
export const placementKinds = ['shared', 'schema', 'database'] as const
/** A kind of placement. */
export type PlacementKind = (typeof placementKinds)[number]

/** The limits of a tenant. */
export type Limits = {
  /** The statement timeout, in milliseconds. */
  statementMs: number
  /** Transactions at a time, in each process. */
  concurrent: number
  /** Requests of pages a minute, in each process. */
  requestsPerMinute: number
  /** API calls a minute, over all processes. */
  apiPerMinute: number
  /** Rows of one export of a list. */
  exportRows: number
}

/** The placement and the limits of a tier's tenants. */
export type TierDefinition = {
  placement: PlacementKind
  limits: Limits
  /** The least and the most days that a retention rule may have. */
  retentionDays: { least: number; most: number }
}

/** One SQL statement with its values. */
export type Statement = { text: string; values?: unknown[]; rowMode?: string; types?: unknown }

/** What an entry passes to `tenancy.admit()`. */
export type AdmissionRequest = {
  tenantId: string
  /** The epoch of the placement. */
  epoch: number
  /** The statement timeout of the transaction, in milliseconds. */
  statementMs: number
}

/**
 * How one kind of caller proves its identity. Its SQL functions check the proof, and then call
 * `tenancy.admit()`, which only their owner may execute.
 */
export type Entry<C extends Caller = Caller> = {
  /** Its SQL functions that run as their owner: the login that may call each, by signature. */
  functions: Readonly<Record<string, Login>>
  /** Checks the caller and admits it on the shared login. Sets the transaction to read-only. */
  enter(caller: C, request: AdmissionRequest): Statement
  /**
   * Checks the caller on the platform login, for a tenant with a dedicated role. The column `writes`
   * of its row tells whether the caller may write.
   */
  check(caller: C): Statement
  /**
   * Runs at the start of the caller's transaction, which may still write. If it is defined, the column
   * `writes` of the row of `enter` tells whether the transaction may write afterwards.
   */
  entered?(tx: TenantTx, caller: C, row: Record<string, unknown>): Promise<void>
}

/** The members of tenants, whom the app stores. */
export type MembersPort = {
  /** Makes a user the owner of a new tenant, in the transaction that creates the tenant. */
  addOwner(db: PlatformDb, tenantId: string, userId: string): Promise<void>
  /** Returns the id of a tenant's first owner, who becomes the owner of a restored tenant. */
  firstOwner(db: PlatformDb, tenantId: string): Promise<string | undefined>
  /** Returns the members, as an export lists them. */
  list(db: PlatformDb, tenantId: string): Promise<object[]>
  /** Returns a condition: the member who requested an export may still export. */
  mayExport(requester: { tenantId: AnyPgColumn; userId: AnyPgColumn }): SQL
  /**
   * Erases the members of a tenant who belong to no other tenant.
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

/** Drizzle on the platform login: a pool, or a transaction. It cannot access tenant tables. */
export type PlatformDb = Pick<
  NodePgDatabase<Record<string, never>>,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction'
>

/** A connection or pool. */
export type Queryable = Pick<pg.ClientBase, 'query'>

/** A logger with the methods of pino: fields first, then the message. */
export type Logger = Record<
  'info' | 'warn' | 'error',
  (facts: Record<string, unknown>, message: string) => void
>

/**
 * How a tenant transaction ended. `refused` has a cause in the caller's request, `failed` has not, and
 * `busy` means that it got no slot.
 */
export type TransactionOutcome = 'committed' | 'refused' | 'failed' | 'busy'

/**
 * Called at the end of a tenant transaction.
 * @param end - `waitMs` is the time that it waited for a slot; `databaseMs` the time that it had a
 *   connection, undefined if it got none.
 */
export type TransactionTrace = (end: {
  outcome: TransactionOutcome
  waitMs: number
  databaseMs?: number
  error?: unknown
}) => void

/** The configuration of an instance. */
export type TenancyConfig = {
  /** Connection strings of the logins on the main server. Contain passwords. */
  urls: Record<Login, string>
  /**
   * A direct connection string of the platform login for the listener of placement changes, if
   * `urls.platform` goes through a pooler in transaction mode.
   */
  listenUrl?: string | undefined
  /**
   * What a server receives as the password of a role: a SCRAM verifier (the default), or the password
   * itself, over TLS or a local connection only, for a provider that refuses verifiers.
   */
  passwords?: 'verifier' | 'plaintext'
  /** 32 bytes in base64: the key that encrypts secrets at rest, and the one before it. */
  encryptionKey: string
  previousEncryptionKey?: string | undefined
  /** How many connections for tenant transactions a process may open. */
  connections: number
  /** The folder of export files. */
  exportFolder: string
  /** The folders of the app's migration histories, as drizzle-kit writes them. */
  migrations: { platform: string; tenant: string }
  /** Repeatable SQL files of the app for the main database: the functions of its entries. */
  sqlFiles: readonly string[]
  /**
   * Extensions, besides plpgsql and pg_stat_statements, whose functions every tenant's SQL may call. The
   * doctor reports others.
   */
  extensions?: readonly string[]
  /**
   * Roles of administrators, besides those that the doctor knows, such as one for streaming replication or
   * backups.
   */
  administrators?: readonly string[]
  /** The tiers, by name. */
  tiers: Readonly<Record<string, TierDefinition>>
  /** How callers prove their identity, by `Caller.kind`. */
  entries: Readonly<Record<string, Entry>>
  members: MembersPort
  /**
   * The exports of the app's schema files. Each table declares what happens to its rows, see
   * `tenantTable` and `controlPlaneTable`.
   */
  schemas: readonly object[]
  /** Records in the tenant's activity what a retention run has deleted, in the same transaction. */
  onRetention?: (tx: TenantTx, run: { id: string; table: string; deleted: number }) => Promise<void>
  /** Transactions that take at least this many milliseconds are logged. */
  slowTransactionMs: number
  /** Whether statements are sent several at a time (the default), or one by one. */
  pipeline?: 'pipelined' | 'plain'
  logger: Logger
  traceTransaction?: (transaction: {
    tenantId: string
    placement: PlacementKind
  }) => TransactionTrace
}

/** An instance of the engine: its configuration, pools and caches. */
export type Tenancy = {
  readonly config: TenancyConfig
  /** Pools and caches. Not variables of modules, since a bundler may load a module more than once. */
  readonly state: Map<string, unknown>
}

/**
 * Declares a piece of state of each instance.
 * @param name - Unique among all states.
 * @param make - Creates it when an instance first needs it.
 * @returns A function that returns the state of an instance.
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

/**
 * Returns the connection string of a login on the main server.
 * @param tenancy - The instance.
 * @param login - The login.
 * @returns The connection string. Contains the password.
 */
export const loginUrl = (tenancy: Tenancy, login: Login): string => tenancy.config.urls[login]

/**
 * Returns the password of a login on the main server, which `setup` sets.
 * @param tenancy - The instance.
 * @param login - The login.
 * @returns The password.
 */
export const loginPassword = (tenancy: Tenancy, login: Login): string =>
  decodeURIComponent(new URL(loginUrl(tenancy, login)).password)
