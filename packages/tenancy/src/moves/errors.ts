import { RowhouseError } from '#tenancy/base/errors'

/** A tenant has at most one live move. */
export class MoveUnderWay extends RowhouseError {
  static override readonly code: string = 'move_under_way'
  readonly tenant: string
  readonly state: string
  constructor(tenant: string, state: string) {
    super(
      `tenant ${tenant} already has a move under way, in state ${state}; wait until it ends, or run \`tenant move ${tenant}\` with --abort, --confirm or --rollback`,
    )
    this.tenant = tenant
    this.state = state
  }
}

/** What an operator can request for an existing move. */
export type MoveAction = 'abort' | 'confirm' | 'rollback' | 'force-finish' | 'resume'

const conditions: Record<MoveAction, string> = {
  abort: 'only a move that has not switched yet can be aborted',
  confirm: 'only a switched move can be confirmed',
  rollback: 'only a switched move can be rolled back',
  'force-finish':
    'only an aborting or confirmed move with an end on another server can be force-finished',
  resume:
    'only the latest move can be resumed, if it was force-finished and the tenant has not moved since',
}

/** The move is not in a state that permits the action. `state` is null when there is no move. */
export class MoveActionRefused extends RowhouseError {
  static override readonly code: string = 'move_action_refused'
  readonly tenant: string
  readonly action: MoveAction
  readonly state: string | null
  constructor(tenant: string, action: MoveAction, state: string | null) {
    const found = state === null ? 'has never been moved' : `has its latest move in state ${state}`
    super(
      `${action} refused: tenant ${tenant} ${found}, but ${conditions[action]}; run \`tenant move ${tenant} --status\` to see the move`,
    )
    this.tenant = tenant
    this.action = action
    this.state = state
  }
}

export class SameLocation extends RowhouseError {
  static override readonly code: string = 'same_location'
  readonly tenant: string
  readonly location: string
  constructor(tenant: string, location: string) {
    super(`tenant ${tenant} is already in ${location}; choose another target`)
    this.tenant = tenant
    this.location = location
  }
}

/** The target already has a database or schema of that name. A move creates its target itself. */
export class TargetOccupied extends RowhouseError {
  static override readonly code: string = 'target_occupied'
  readonly target: string
  readonly found: string
  constructor(target: string, found: string) {
    super(`${target} already contains ${found}; find out what uses it, then rename or drop it`)
    this.target = target
    this.found = found
  }
}

export class TargetFull extends RowhouseError {
  static override readonly code: string = 'target_full'
  readonly target: string
  constructor(target: string, why: string) {
    super(`${target} cannot take the tenant: ${why}; free connections or choose another target`)
    this.target = target
  }
}

/** The source, or the target, lacks a migration that the other end or this build has. */
export class VersionsDiffer extends RowhouseError {
  static override readonly code: string = 'versions_differ'
  readonly migration: string
  readonly behind: 'source' | 'target'
  constructor(migration: string, behind: 'source' | 'target') {
    super(
      `the ${behind} of the move does not have migration ${migration}; run \`fleet migrate\` first`,
    )
    this.migration = migration
    this.behind = behind
  }
}

export class TableNotMovable extends RowhouseError {
  static override readonly code: string = 'table_not_movable'
  readonly table: string
  constructor(table: string, why: string) {
    super(`table ${table} cannot be moved: ${why}`)
    this.table = table
  }
}

/** The work behind the fence took too long, so the tenant can write to its source again. */
export class FenceTimeout extends RowhouseError {
  static override readonly code: string = 'fence_timeout'
  static override readonly retryable: boolean = true
  readonly heldMs: number
  constructor(heldMs: number) {
    super(
      `the fence was released after ${heldMs} ms, because the work behind it was not finished; the switch is retried`,
    )
    this.heldMs = heldMs
  }
}

/** A move was about to remove the copy that the registry says is current. */
export class TenantStillThere extends RowhouseError {
  static override readonly code: string = 'tenant_still_there'
  static override readonly fault: boolean = true
  readonly tenant: string
  readonly location: string
  constructor(tenant: string, location: string) {
    super(
      `the registry places tenant ${tenant} in ${location}, so nothing was deleted there; correct the placement first`,
    )
    this.tenant = tenant
    this.location = location
  }
}

/** The move must be aborted. The message says who aborted it, or why. */
export class MoveAborted extends RowhouseError {
  static override readonly code: string = 'move_aborted'
}

/** This run of a move has closed its connections: it has ended, or another worker took over. */
export class RunClosed extends RowhouseError {
  static override readonly code: string = 'run_closed'
  static override readonly retryable: boolean = true
  constructor() {
    super('this run of the move has ended and opens no more connections')
  }
}

/** The number of rows in a key range, and the sum of their hashes. */
export type Checksum = { rows: number; sum: string }

/** The copy differs from the source, which is unchanged. The move aborts. */
export class VerificationFailed extends RowhouseError {
  static override readonly code: string = 'verification_failed'
  static override readonly fault: boolean = true
  readonly table: string
  readonly range: [string, string]
  readonly source: Checksum
  readonly target: Checksum
  constructor({
    table,
    range,
    source,
    target,
  }: Pick<VerificationFailed, 'table' | 'range' | 'source' | 'target'>) {
    super(
      `the copy of ${table} differs between key ${range[0]} and ${range[1]}: ${source.rows} rows with checksum ${source.sum} in the source, ${target.rows} with ${target.sum} in the target; the move aborts and the source is unchanged, so compare the rows before you try again`,
    )
    this.table = table
    this.range = range
    this.source = source
    this.target = target
  }
}
