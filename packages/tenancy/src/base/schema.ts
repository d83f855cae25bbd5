import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { controlPlaneTable, sqlTable } from '#tenancy/base/data-lifecycle'
import { privateName } from '#tenancy/base/ids'
import { endedMoveStates, moveStateNames, type MoveState } from '#tenancy/base/move-states'
import { placementKinds, type PlacementKind } from '#tenancy/base/tenancy'

export { controlPlaneTable, declarationsOf, tenantTable } from '#tenancy/base/data-lifecycle'

/** The schema of the engine's own tables in the main database: the registry, and rows of work. */
export const tenancySchema = pgSchema('tenancy')

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const now = sql`now()`
const oneOf = (values: readonly string[]) => sql.raw(`(${values.map((v) => `'${v}'`).join(', ')})`)

export const tenants = tenancySchema.table(
  'tenants',
  {
    id: uuid().primaryKey(),
    slug: text().notNull(),
    name: text().notNull(),
    tier: text().notNull(),
    currency: text().notNull().default('EUR'),
    locale: text().notNull().default('en-GB'),
    createdAt: at('created_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('tenants_slug').on(t.slug),
    check('tenants_slug_form', sql`${t.slug} ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'`),
    check('tenants_currency', sql`${t.currency} ~ '^[A-Z]{3}$'`),
    check('tenants_name', sql`length(btrim(${t.name})) between 1 and 80`),
  ],
)
controlPlaneTable(tenants, {
  tenant: 'id',
  export: 'manifest.json',
  restore: 'stay',
  erase: 'delete',
  personal: [],
})

/** One row per suspension. A tenant is suspended while one of its rows has no `lifted_at`. */
export const suspensions = tenancySchema.table(
  'suspensions',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    at: at('at').notNull().default(now),
    by: text('by').notNull(),
    reason: text().notNull(),
    liftedAt: at('lifted_at'),
    liftedBy: text('lifted_by'),
  },
  (t) => [
    uniqueIndex('suspensions_open')
      .on(t.tenantId)
      .where(sql`lifted_at is null`),
  ],
)
controlPlaneTable(suspensions, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: ['by', 'reason', 'liftedBy'],
})

/**
 * The servers with tenant databases, except the main server. Secrets are encrypted. For the URL
 * parameters and the format of user names see `Server`; null in rows of an older version.
 */
export const servers = tenancySchema.table(
  'servers',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    host: text().notNull(),
    port: integer().notNull(),
    migratorSecret: text('migrator_secret').notNull(),
    workerSecret: text('worker_secret').notNull(),
    urlParameters: text('url_parameters'),
    usernameFormat: text('username_format'),
    addedAt: at('added_at').notNull().default(now),
  },
  (t) => [uniqueIndex('servers_address').on(t.host, t.port)],
)
controlPlaneTable(servers, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'keep',
  personal: [],
  encrypted: [
    { column: 'migratorSecret', context: ({ id }) => `server ${id} migrator` },
    { column: 'workerSecret', context: ({ id }) => `server ${id} worker` },
  ],
})

/**
 * The registry: where each tenant's rows are. `login` is its dedicated role, null for the shared
 * login.
 */
export const placements = tenancySchema.table(
  'placements',
  {
    tenantId: uuid('tenant_id')
      .primaryKey()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    kind: text({ enum: placementKinds }).notNull(),
    serverId: uuid('server_id').references(() => servers.id),
    database: text(),
    schema: text().notNull(),
    login: text(),
    secret: text(),
    epoch: bigint({ mode: 'number' }).notNull().default(1),
    changedAt: at('changed_at').notNull().default(now),
  },
  (t) => [
    check('placements_kind', sql`${t.kind} in ${oneOf(placementKinds)}`),
    check(
      'placements_schema',
      sql`(${t.kind} = 'shared' and ${t.schema} = 'shared' and ${t.login} is null) or (${t.kind} <> 'shared' and ${t.schema} ~ '^t_[0-9a-f]{32}$' and ${t.login} = ${t.schema} and ${t.secret} is not null)`,
    ),
    check('placements_database', sql`(${t.kind} = 'database') = (${t.database} is not null)`),
  ],
)
controlPlaneTable(placements, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: [],
  encrypted: [{ column: 'secret', context: ({ tenantId }) => `placement ${tenantId}` }],
})

/** Counters of rate-limiter-flexible, which determines the names of the columns. */
export const rateLimits = tenancySchema.table('rate_limits', {
  key: text().primaryKey(),
  points: integer().notNull().default(0),
  expire: bigint({ mode: 'number' }),
})
controlPlaneTable(rateLimits, {
  tenant: (tenantId) => sql`split_part(${rateLimits.key}, ':', 2) = ${tenantId}`,
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: [],
})

/**
 * The actions of operators and commands, in order. Each row has the hash of the row before it;
 * `content` is the hash of actor, action and detail.
 */
export const audit = tenancySchema.table(
  'audit',
  {
    seq: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: at('at').notNull().default(now),
    actor: text().notNull(),
    action: text().notNull(),
    tenantId: uuid('tenant_id'),
    detail: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    content: bytea().notNull(),
    previous: bytea().notNull(),
    hash: bytea().notNull(),
  },
  (t) => [index('audit_tenant').on(t.tenantId, t.seq)],
)
controlPlaneTable(audit, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'redact',
  personal: ['actor', 'detail'],
})

export const runStates = ['requested', 'running', 'done', 'failed', 'stopped'] as const

/** Migration runs: what was requested, the progress and the result. */
export const migrationRuns = tenancySchema.table(
  'migration_runs',
  {
    id: uuid().primaryKey(),
    requestedAt: at('requested_at').notNull().default(now),
    requestedBy: text('requested_by').notNull(),
    options: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    state: text({ enum: runStates }).notNull().default('requested'),
    startedAt: at('started_at'),
    seenAt: at('seen_at'),
    endedAt: at('ended_at'),
    batch: text().notNull().default(''),
    targets: integer().notNull().default(0),
    done: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    message: text().notNull().default(''),
  },
  (t) => [
    index('migration_runs_requested').on(t.requestedAt),
    check('migration_runs_state', sql`${t.state} in ${oneOf(runStates)}`),
  ],
)
controlPlaneTable(migrationRuns, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'keep',
  personal: [],
})

/** Targets that failed in a run, and why. The ledger in each database has its current version. */
export const migrationFailures = tenancySchema.table(
  'migration_failures',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => migrationRuns.id, { onDelete: 'cascade' }),
    target: text().notNull(),
    tenantId: uuid('tenant_id'),
    at: at('at').notNull().default(now),
    migration: text().notNull(),
    statement: text(),
    code: text(),
    message: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.target] })],
)
controlPlaneTable(migrationFailures, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: [],
})

/**
 * A copy of the ledger in each dedicated database, as tag to SHA-256, or why it could not be read.
 * The ledger itself decides.
 */
export const dedicatedDatabases = tenancySchema.table('dedicated_databases', {
  tenantId: uuid('tenant_id')
    .primaryKey()
    .references(() => tenants.id, { onDelete: 'cascade' }),
  schema: text().notNull(),
  seenAt: at('seen_at'),
  applied: jsonb().$type<Record<string, string>>().notNull().default({}),
  problem: text(),
})
controlPlaneTable(dedicatedDatabases, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: [],
})

/** The progress of a data step in one tenant. `cursor` is where the next batch starts. */
export const dataSteps = tenancySchema.table(
  'data_steps',
  {
    step: text().notNull(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    startedAt: at('started_at').notNull().default(now),
    seenAt: at('seen_at').notNull().default(now),
    endedAt: at('ended_at'),
    cursor: text(),
    rows: bigint({ mode: 'number' }).notNull().default(0),
    problem: text(),
  },
  (t) => [primaryKey({ columns: [t.step, t.tenantId] })],
)
controlPlaneTable(dataSteps, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: [],
})

export type { MoveState }

/** The values of `tenancy.move_events.event`: these, and the states of a move. */
export const moveEventNames = [
  'capture_armed',
  'table_copied',
  'stale_rows_logged',
  'catch_up_pass',
  'waiting',
  'rehearsed',
  'table_compared',
  'final_pass',
  'retrying',
  'abort_too_late',
  'orphaned',
  ...moveStateNames,
] as const
export type MoveEventName = (typeof moveEventNames)[number]

/**
 * One end of a move, with the columns of a placement. `secret` is encrypted in the context of the
 * tenant's placement. `epoch` is meaningful at the source only.
 */
export type MoveEnd = {
  kind: PlacementKind
  serverId: string | null
  database: string | null
  schema: string
  login: string | null
  secret: string | null
  epoch: number
}

/**
 * Changes of live tenants' placements. The console and commands write requests into a row, and the
 * worker acts on it.
 */
export const moves = tenancySchema.table(
  'moves',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    state: text({ enum: moveStateNames }).notNull().default('requested'),
    source: jsonb().$type<MoveEnd>().notNull(),
    target: jsonb().$type<MoveEnd>().notNull(),
    tierFrom: text('tier_from').notNull(),
    tierTo: text('tier_to').notNull(),
    requestedBy: text('requested_by').notNull(),
    reason: text().notNull(),
    requestedAt: at('requested_at').notNull().default(now),
    rollsBack: uuid('rolls_back'),
    abortBy: text('abort_by'),
    confirmBy: text('confirm_by'),
    /** The operator who ended the move without a server that was lost for good. */
    forceFinishBy: text('force_finish_by'),
    graceHours: doublePrecision('grace_hours').notNull().default(72),
    graceUntil: at('grace_until'),
    /** What the worker is doing, for people to read. */
    statusDetail: text('status_detail').notNull().default(''),
    /** Why the last attempt failed, while the move waits for its next one. */
    retryError: text('retry_error'),
    /** Why the move was aborted. */
    error: text(),
    rowsTotal: bigint('rows_total', { mode: 'number' }).notNull().default(0),
    rowsDone: bigint('rows_done', { mode: 'number' }).notNull().default(0),
    /** The speed of the copy; null when nothing is being copied. */
    rowsPerSecond: integer('rows_per_second'),
    /** How long writes waited at the switch. */
    pauseMs: doublePrecision('pause_ms'),
    changedAt: at('changed_at').notNull().default(now),
    /** Failed attempts in this state. */
    attempts: integer().notNull().default(0),
    nextAttemptAt: at('next_attempt_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('moves_live')
      .on(t.tenantId)
      .where(sql`state not in ${oneOf(endedMoveStates)}`),
    index('moves_tenant').on(t.tenantId, t.requestedAt),
    check('moves_state', sql`${t.state} in ${oneOf(moveStateNames)}`),
  ],
)
controlPlaneTable(moves, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: ['requestedBy', 'reason', 'abortBy', 'confirmBy', 'forceFinishBy'],
  encrypted: (['source', 'target'] as const).map((column) => ({
    column,
    field: 'secret',
    context: ({ tenantId }) => `placement ${tenantId}`,
  })),
})

/** The events of moves, in order: states reached, waits and failures. */
export const moveEvents = tenancySchema.table(
  'move_events',
  {
    seq: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    moveId: uuid('move_id')
      .notNull()
      .references(() => moves.id, { onDelete: 'cascade' }),
    at: at('at')
      .notNull()
      .default(sql`clock_timestamp()`),
    event: text({ enum: moveEventNames }).notNull(),
    detail: text().notNull().default(''),
    /** Where an orphaned copy is: the end of the move, and its server, database and schema. */
    side: text({ enum: ['source', 'target'] }),
    location: text(),
    rows: bigint({ mode: 'number' }),
    tookMs: integer('took_ms'),
  },
  (t) => [index('move_events_move').on(t.moveId, t.seq)],
)
controlPlaneTable(moveEvents, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'cascade',
  personal: [],
})

export const exportStates = ['requested', 'running', 'done', 'failed', 'expired'] as const

/** Exports of all rows of a tenant: the progress, and the file until it expires. */
export const exports = tenancySchema.table(
  'exports',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    requestedAt: at('requested_at').notNull().default(now),
    requestedBy: text('requested_by').notNull(),
    /**
     * The member who requested it, if it was one: the file is only for as long as they may have it.
     * Without a foreign key, so that a deleted member may not either.
     */
    requesterId: uuid('requester_id'),
    state: text({ enum: exportStates }).notNull().default('requested'),
    startedAt: at('started_at'),
    seenAt: at('seen_at'),
    endedAt: at('ended_at'),
    expiresAt: at('expires_at'),
    table: text('table_name').notNull().default(''),
    rowsDone: bigint('rows_done', { mode: 'number' }).notNull().default(0),
    rowsTotal: bigint('rows_total', { mode: 'number' }).notNull().default(0),
    bytes: bigint({ mode: 'number' }),
    message: text().notNull().default(''),
    attempts: integer().notNull().default(0),
    nextAttemptAt: at('next_attempt_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('exports_open')
      .on(t.tenantId)
      .where(sql`state in ('requested', 'running')`),
    index('exports_tenant').on(t.tenantId, t.requestedAt),
    check('exports_state', sql`${t.state} in ${oneOf(exportStates)}`),
  ],
)
controlPlaneTable(exports, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: ['requestedBy', 'requesterId'],
})

/**
 * Imports of export files into new tenants. If the process of one that has not ended dies, the tenant
 * `tenant_id` is deleted.
 */
export const imports = tenancySchema.table(
  'imports',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id').notNull(),
    slug: text().notNull(),
    startedAt: at('started_at').notNull().default(now),
    startedBy: text('started_by').notNull(),
    seenAt: at('seen_at')
      .notNull()
      .default(sql`clock_timestamp()`),
    endedAt: at('ended_at'),
    table: text('table_name').notNull().default(''),
    rowsDone: bigint('rows_done', { mode: 'number' }).notNull().default(0),
    rowsTotal: bigint('rows_total', { mode: 'number' }).notNull().default(0),
  },
  (t) => [index('imports_tenant').on(t.tenantId)],
)
controlPlaneTable(imports, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: ['startedBy'],
})

/**
 * Requests to erase a tenant. A row outlives its tenant, so it contains no personal data: only ids,
 * times and counts.
 */
export const erasures = tenancySchema.table(
  'erasures',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id').notNull(),
    requestedAt: at('requested_at').notNull().default(now),
    requestedBy: uuid('requested_by'),
    dueAt: at('due_at').notNull(),
    withdrawnAt: at('withdrawn_at'),
    startedAt: at('started_at'),
    endedAt: at('ended_at'),
    receipt: jsonb().$type<Record<string, number>>().notNull().default({}),
    problem: text(),
    attempts: integer().notNull().default(0),
    nextAttemptAt: at('next_attempt_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('erasures_open')
      .on(t.tenantId)
      .where(sql`withdrawn_at is null and ended_at is null`),
  ],
)
controlPlaneTable(erasures, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'keep',
  personal: [],
})

/**
 * Legal holds. While a tenant has one without `lifted_at`, neither retention nor erasure deletes its
 * rows.
 */
export const holds = tenancySchema.table(
  'holds',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    at: at('at').notNull().default(now),
    by: text('by').notNull(),
    reason: text().notNull(),
    liftedAt: at('lifted_at'),
    liftedBy: text('lifted_by'),
  },
  (t) => [
    uniqueIndex('holds_open')
      .on(t.tenantId)
      .where(sql`lifted_at is null`),
  ],
)
controlPlaneTable(holds, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'stay',
  erase: 'delete',
  personal: ['by', 'reason', 'liftedBy'],
})

/** How many days a tenant keeps the rows of a table. Without a rule they are kept forever. */
export const retentionRules = tenancySchema.table(
  'retention_rules',
  {
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    table: text('table_name').notNull(),
    days: integer().notNull(),
    setAt: at('set_at').notNull().default(now),
    setBy: text('set_by').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.table] }),
    check('retention_rules_days', sql`${t.days} between 1 and 36500`),
  ],
)
controlPlaneTable(retentionRules, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'delete',
  personal: ['setBy'],
})

/** No run ends as `failed`, since failures are retried; the table's check constraint has the value. */
export const retentionStates = ['waiting', 'running', 'done', 'failed', 'dismissed'] as const

/** What a retention run may delete in one of a tenant's tables. */
export type RetentionStep = {
  tenantId: string
  /** The epoch under which the snapshot was taken. */
  epoch: number
  table: string
  /** Only older rows are deleted. */
  before: string
  /** The snapshot of the preview. Rows written later are not deleted. */
  seen: string
  /** How many rows the run deletes, of how many in the table. */
  rows: number
  of: number
  /** How many rows have been deleted so far. */
  deleted: number
}

/**
 * Retention runs. A run that would delete an unusual share of the rows waits for the tenant's owner to
 * confirm it. Its steps do not change afterwards.
 */
export const retentionRuns = tenancySchema.table(
  'retention_runs',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    plannedAt: at('planned_at').notNull().default(now),
    state: text({ enum: retentionStates }).notNull(),
    steps: jsonb().$type<RetentionStep[]>().notNull(),
    decidedAt: at('decided_at'),
    decidedBy: text('decided_by'),
    endedAt: at('ended_at'),
    message: text().notNull().default(''),
  },
  (t) => [
    uniqueIndex('retention_runs_open')
      .on(t.tenantId)
      .where(sql`state in ('waiting', 'running')`),
    index('retention_runs_tenant').on(t.tenantId, t.plannedAt),
    check('retention_runs_state', sql`${t.state} in ${oneOf(retentionStates)}`),
  ],
)
controlPlaneTable(retentionRuns, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'delete',
  personal: ['decidedBy'],
})

/** Overrides of a tenant's limits; null means the limit of its tier. */
export const tenantLimits = tenancySchema.table(
  'tenant_limits',
  {
    tenantId: uuid('tenant_id')
      .primaryKey()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    statementMs: integer('statement_ms'),
    concurrent: integer(),
    requestsPerMinute: integer('requests_per_minute'),
    apiPerMinute: integer('api_per_minute'),
    exportRows: integer('export_rows'),
    setAt: at('set_at').notNull().default(now),
    setBy: text('set_by').notNull(),
  },
  (t) => [
    check(
      'tenant_limits_sane',
      sql`${t.statementMs} between 100 and 600000 and ${t.concurrent} between 1 and 1000 and ${t.requestsPerMinute} > 0 and ${t.apiPerMinute} > 0 and ${t.exportRows} > 0`,
    ),
  ],
)
controlPlaneTable(tenantLimits, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'delete',
  personal: ['setBy'],
})

/** A tenant's usage in an hour, over all processes. */
export const usage = tenancySchema.table(
  'usage',
  {
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    hour: at('hour').notNull(),
    requests: bigint({ mode: 'number' }).notNull().default(0),
    transactions: bigint({ mode: 'number' }).notNull().default(0),
    errors: bigint({ mode: 'number' }).notNull().default(0),
    databaseMs: doublePrecision('database_ms').notNull().default(0),
    waitMs: doublePrecision('wait_ms').notNull().default(0),
    limitsHit: bigint('limits_hit', { mode: 'number' }).notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.hour] }), index('usage_hour').on(t.hour)],
)
controlPlaneTable(usage, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'delete',
  personal: [],
})

export const checkRunKinds = ['doctor', 'drift'] as const
export type Violation = {
  /** The invariant that is broken, or `drift`. */
  check: string
  /** The database, or the migration target that has drifted. */
  target: string
  object: string
  why: string
  /** The tenant whose objects are affected, when the doctor knows it. */
  tenantId?: string
}

/** One run of the doctor or of the drift check, with what it found. */
export const checkRuns = tenancySchema.table(
  'check_runs',
  {
    id: uuid().primaryKey(),
    kind: text({ enum: checkRunKinds }).notNull(),
    at: at('at').notNull().default(now),
    by: text('by').notNull(),
    targets: integer().notNull(),
    violations: jsonb().$type<Violation[]>().notNull(),
    /** What the profile of a database accepts. */
    notes: jsonb().$type<Violation[]>().notNull().default([]),
    tookMs: integer('took_ms').notNull(),
  },
  (t) => [index('check_runs_kind').on(t.kind, t.at)],
)
controlPlaneTable(checkRuns, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'keep',
  personal: [],
})

/** The status of background tasks, as the workers last reported it. For display only. */
export const tasks = tenancySchema.table('tasks', {
  name: text().primaryKey(),
  everyMs: integer('every_ms').notNull(),
  worker: text().notNull(),
  reportedAt: at('reported_at').notNull().default(now),
  endedAt: at('ended_at'),
  tookMs: integer('took_ms'),
  failedAt: at('failed_at'),
  /** How many runs have failed in a row. */
  failures: integer().notNull().default(0),
  /** Code or name of the last failure's error. */
  error: text(),
  nextRunAt: at('next_run_at'),
})
controlPlaneTable(tasks, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'keep',
  personal: [],
})

// Tables of every database with tenants, created by SQL in sql/migrations.
export const key = sqlTable('key', { tenant: null, erase: 'keep' })
export const installation = sqlTable('installation', { tenant: null, erase: 'keep' })
export const appliedMigrations = sqlTable('applied_migrations', { tenant: null, erase: 'keep' })
export const failedMigrations = sqlTable('failed_migrations', {
  tenant: (tenantId) => sql`schema = ${privateName(tenantId)}`,
  erase: 'delete',
})
export const tenantHomes = sqlTable('tenant_homes', { tenant: 'tenant_id', erase: 'delete' })
export const serviceEntries = sqlTable('service_entries', { tenant: 'tenant_id', erase: 'delete' })
export const changedKeys = sqlTable('changed_keys', { tenant: 'tenant_id', erase: 'delete' })
export const copyProgress = sqlTable('copy_progress', { tenant: 'tenant_id', erase: 'delete' })
export const retentionProgress = sqlTable('retention_progress', {
  tenant: 'tenant_id',
  erase: 'delete',
})
