import { RowhouseError } from '#tenancy/base/errors'

/** A tenant makes one move at a time. */
export class MoveUnderWay extends RowhouseError {
  static override readonly code: string = 'move_under_way'
  readonly tenant: string
  readonly state: string
  constructor(tenant: string, state: string) {
    super(
      `tenant ${tenant} has a move under way, which is ${state}; wait for its end, or \`tenant move ${tenant}\` with --abort, --confirm or --rollback`,
    )
    this.tenant = tenant
    this.state = state
  }
}

export class NoSuchMove extends RowhouseError {
  static override readonly code: string = 'no_such_move'
  readonly tenant: string
  readonly wanted: string
  readonly state: string
  constructor(tenant: string, wanted: string, state: string) {
    super(
      `the move of tenant ${tenant} is ${state} and cannot be ${wanted}; \`tenant move ${tenant} --status\` says more`,
    )
    this.tenant = tenant
    this.wanted = wanted
    this.state = state
  }
}

export class SamePlace extends RowhouseError {
  static override readonly code: string = 'same_place'
  readonly tenant: string
  readonly place: string
  constructor(tenant: string, place: string) {
    super(`tenant ${tenant} lives there already: ${place}`)
    this.tenant = tenant
    this.place = place
  }
}

/**
 * Something of that name is at the target already; a move brings a tenant only to a place that it
 * makes itself.
 */
export class TargetOccupied extends RowhouseError {
  static override readonly code: string = 'target_occupied'
  readonly target: string
  readonly found: string
  constructor(target: string, found: string) {
    super(`${target} holds ${found} already; look whose it is, and rename or drop it`)
    this.target = target
    this.found = found
  }
}

export class TargetFull extends RowhouseError {
  static override readonly code: string = 'target_full'
  readonly target: string
  constructor(target: string, why: string) {
    super(`${target} has no room for the tenant: ${why}; make room, or choose another target`)
    this.target = target
  }
}

/** The source lacks migrations that this build has, or another version stands at the target. */
export class VersionsDiffer extends RowhouseError {
  static override readonly code: string = 'versions_differ'
  readonly migration: string
  readonly lacking: 'source' | 'target'
  constructor(migration: string, lacking: 'source' | 'target') {
    super(
      `the ${lacking} lacks ${migration}, which the ${lacking === 'source' ? 'target' : 'source'} has; run \`fleet migrate\` first`,
    )
    this.migration = migration
    this.lacking = lacking
  }
}

export class TableNotMovable extends RowhouseError {
  static override readonly code: string = 'table_not_movable'
  readonly table: string
  constructor(table: string, why: string) {
    super(`table ${table} cannot be moved: ${why}; the doctor lists such tables`)
    this.table = table
  }
}

/** The work behind the fence took too long; the tenant writes in its source again. */
export class FenceTimeout extends RowhouseError {
  static override readonly code: string = 'fence_timeout'
  static override readonly retryable: boolean = true
  readonly heldMs: number
  constructor(heldMs: number) {
    super(`the fence was up for ${heldMs} ms and was taken down; the switch is tried again`)
    this.heldMs = heldMs
  }
}

/** This run of a move has closed its connections: it ended, or another worker has taken over. */
export class RunClosed extends RowhouseError {
  static override readonly code: string = 'run_closed'
  static override readonly retryable: boolean = true
  constructor() {
    super('this run of the move has ended and opens no more connections')
  }
}

export type Checksum = { rows: number; sum: string }

/** The copy is not what it was copied from. The source is untouched, and the move is given up. */
export class VerificationFailed extends RowhouseError {
  static override readonly code: string = 'verification_failed'
  static override readonly fault: boolean = true
  readonly table: string
  readonly range: [string, string]
  readonly source: Checksum
  readonly target: Checksum
  constructor(table: string, range: [string, string], source: Checksum, target: Checksum) {
    super(
      `the copy of ${table} differs between key ${range[0]} and ${range[1]}: ${source.rows} rows with checksum ${source.sum} in the source, ${target.rows} with ${target.sum} in the target; the move is given up, the source is untouched`,
    )
    this.table = table
    this.range = range
    this.source = source
    this.target = target
  }
}
