import { RowhouseError } from '#tenancy/base/errors'

export class NotSignedIn extends RowhouseError {
  static override readonly code: string = 'not_signed_in'
  constructor() {
    super('your session has ended; sign in again')
  }
}

export class NotAMember extends RowhouseError {
  static override readonly code: string = 'not_a_member'
  readonly tenantId: string
  constructor(tenantId: string) {
    super('you are not a member of this organisation')
    this.tenantId = tenantId
  }
}

export class TenantSuspended extends RowhouseError {
  static override readonly code: string = 'tenant_suspended'
  readonly tenantId: string
  constructor(tenantId: string) {
    super('this organisation is suspended; write to support')
    this.tenantId = tenantId
  }
}

export class TenantMoving extends RowhouseError {
  static override readonly code: string = 'tenant_moving'
  static override readonly retryable: boolean = true
  readonly tenantId: string
  readonly waitedMs: number
  constructor(tenantId: string, waitedMs: number) {
    super(
      `this organisation is being moved and was not available for ${waitedMs} ms; try again in a moment`,
    )
    this.tenantId = tenantId
    this.waitedMs = waitedMs
  }
}

/** The database in the cached placement refused the entry: the tenant does not live there. */
export class PlacementStale extends RowhouseError {
  static override readonly code: string = 'placement_stale'
  static override readonly retryable: boolean = true
  readonly tenantId: string
  readonly epoch: number
  readonly found: string
  constructor(tenantId: string, epoch: number, found: string) {
    super(
      `stale placement for tenant ${tenantId}: expected epoch ${epoch}, the database reports ${found}`,
    )
    this.tenantId = tenantId
    this.epoch = epoch
    this.found = found
  }
}

/** A query ran after the end of its transaction: it was not awaited, or `tx` was used later. */
export class QueryAfterEnd extends RowhouseError {
  static override readonly code: string = 'query_after_end'
  static override readonly fault: boolean = true
  readonly query: string
  constructor(query: string) {
    super(`query after the end of the tenant transaction: ${query.slice(0, 80)}`)
    this.query = query
  }
}

/** The work succeeded, but the server rolled back because a statement had failed. */
export class RolledBack extends RowhouseError {
  static override readonly code: string = 'rolled_back'
  static override readonly fault: boolean = true
  constructor() {
    super(
      'a statement of this transaction failed and its error was not rethrown; nothing was saved',
    )
  }
}
