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
      `this organisation is being moved and did not answer for ${waitedMs} ms; try again in a moment`,
    )
    this.tenantId = tenantId
    this.waitedMs = waitedMs
  }
}

/**
 * The place that the registry named has refused the entry: the tenant left it, or never was there.
 */
export class PlacementStale extends RowhouseError {
  static override readonly code: string = 'placement_stale'
  static override readonly retryable: boolean = true
  readonly tenantId: string
  readonly epoch: number
  readonly found: string
  constructor(tenantId: string, epoch: number, found: string) {
    super(`tenant ${tenantId} was looked for under epoch ${epoch}, but its place says: ${found}`)
    this.tenantId = tenantId
    this.epoch = epoch
    this.found = found
  }
}

/** The transaction was over when this query came: it was not awaited, or its client was kept. */
export class QueryAfterEnd extends RowhouseError {
  static override readonly code: string = 'query_after_end'
  static override readonly fault: boolean = true
  readonly query: string
  constructor(query: string) {
    super(`a query came after the tenant's transaction had ended: ${query.slice(0, 80)}`)
    this.query = query
  }
}

/** The work went through, but the server rolled back, since a statement in it had failed. */
export class RolledBack extends RowhouseError {
  static override readonly code: string = 'rolled_back'
  static override readonly fault: boolean = true
  constructor() {
    super('a statement of this transaction failed and its error was swallowed; nothing was saved')
  }
}
