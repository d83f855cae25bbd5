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

/** The engine's own tables in the main database: the registry, and a row for each piece of work. */
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

/** One row per suspension; the tenant is suspended while one has no `lifted_at`. */
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
 * Where a server that holds tenant databases is. The main server is not listed. Secrets are
 * encrypted.
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
 * The registry: one row per tenant says where its rows live. `login` is null for the shared pool
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

/** Counters of rate-limiter-flexible, whose column names these are. */
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
 * What operators and commands did, in order; each row carries the hash of the one before. `content`
 * is the hash of what it tells.
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

/** A fleet run: what was asked for, how far it is, how it ended. */
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

/** Who failed in a run, and why. What a target lacks now is in the ledger of its database. */
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
 * What was last seen of a tenant's own database: its ledger, as tag to SHA-256, or why it could not
 * be seen. The truth is there.
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

/** How far a data step is in one tenant. `cursor` is where its next batch begins. */
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

/** What `tenancy.move_events.event` may be: a state that a move reached, or one of these. */
export const moveEventNames = [
  'capture_armed',
  'table_copied',
  'stale_rows_deleted',
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
 * One end of a move, as a placement has it. `secret` is encrypted for the tenant's placement; `epoch`
 * counts at the source only.
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
 * A change of a live tenant's placement. The worker acts on the row; consoles and commands only
 * write what they want into it.
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
    /** The operator who had the move end without a server that is lost for good. */
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
    /** How fast rows are copied, while they are. */
    rowsPerSecond: integer('rows_per_second'),
    /** How long writes waited at the switch. */
    pauseMs: doublePrecision('pause_ms'),
    changedAt: at('changed_at').notNull().default(now),
    /** Attempts that failed in this state. */
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

/**
 * What happened in a move, in order: a state reached, something waited for, something gone wrong.
 */
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

/**
 * An export of everything of one tenant: how far it is, and the file when it is done, until it
 * expires.
 */
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
     * The member who asked, if it was one: the export ends with what they may. No reference, since
     * whoever is gone may nothing.
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
 * An export file on its way into a new tenant. While it has not ended, `tenant_id` names what has
 * to go again if its process dies.
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
 * A wish to be forgotten. It outlives its tenant, so it names nobody: ids, times and counts only.
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
 * A legal hold: while one is not lifted, neither retention nor an erasure takes anything of the
 * tenant.
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

/** For how many days a tenant keeps the rows of a table. No row: for ever. */
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

/**
 * No run ends as `failed`: one that cannot go on now is tried again. The word is in the check of
 * the table.
 */
export const retentionStates = ['waiting', 'running', 'done', 'failed', 'dismissed'] as const

/**
 * What a run may delete of a tenant's table: rows older than `before` that were there as they are
 * in the snapshot `seen`, taken under `epoch`, `rows` of `of`; and what has gone so far.
 */
export type RetentionStep = {
  tenantId: string
  epoch: number
  table: string
  before: string
  seen: string
  rows: number
  of: number
  deleted: number
}

/**
 * A retention run. One that would take too much waits until the tenant's owner agrees; its steps
 * never change afterwards.
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

/** Limits that were set for one tenant alone; null leaves that of its tier. */
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

/** What a tenant used in an hour, over all processes. */
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

/** The background tasks, as the worker that last reported has them. Nothing is scheduled by it. */
export const tasks = tenancySchema.table('tasks', {
  name: text().primaryKey(),
  everyMs: integer('every_ms').notNull(),
  worker: text().notNull(),
  reportedAt: at('reported_at').notNull().default(now),
  endedAt: at('ended_at'),
  tookMs: integer('took_ms'),
  failedAt: at('failed_at'),
  /** Runs that failed in a row; 0 when the last one succeeded. */
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

// Tables of every database that holds tenants, written in sql/migrations/0000_init.sql.
export const key = sqlTable('key', { tenant: null, erase: 'keep' })
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
