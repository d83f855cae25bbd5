import { RowhouseError } from '#tenancy/base/errors'

/** The file is not an export, or it was changed. */
export class ArchiveRefused extends RowhouseError {
  static override readonly code: string = 'archive_refused'
  readonly why: string
  constructor(why: string) {
    super(`the file was refused and nothing was written: ${why}`)
    this.why = why
  }
}

/** The tenant was erased, or the requester lost the right to the export. */
export class ExportEnded extends RowhouseError {
  static override readonly code: string = 'export_ended'
  readonly requestedBy: string
  constructor(requestedBy: string) {
    super(
      `${requestedBy}, who requested this export, may no longer have it; an owner or admin can request a new one`,
    )
    this.requestedBy = requestedBy
  }
}

/** Every attempt at an export ended before its file was complete. */
export class ExportInterrupted extends RowhouseError {
  static override readonly code: string = 'export_interrupted'
  readonly attempts: number
  constructor(attempts: number) {
    super(`this export was interrupted ${attempts} times; ask for a new one`)
    this.attempts = attempts
  }
}

/** The tenant's placement changed while its rows were read from a snapshot. */
export class TenantMoved extends RowhouseError {
  static override readonly code: string = 'tenant_moved'
  static override readonly retryable: boolean = true
  readonly tenantId: string
  constructor(tenantId: string) {
    super(`tenant ${tenantId} was moved while its rows were read; start over`)
    this.tenantId = tenantId
  }
}

/** A legal hold forbids deleting data of the tenant. */
export class OnHold extends RowhouseError {
  static override readonly code: string = 'on_hold'
  readonly since: Date
  readonly reason: string
  constructor(since: Date, reason: string) {
    super(
      `this organisation has been on legal hold since ${since.toISOString().slice(0, 10)} (${reason}); nothing is deleted until it is lifted`,
    )
    this.since = since
    this.reason = reason
  }
}

/** Two clocks disagree, and the age of rows depends on them. */
export class ClocksDiffer extends RowhouseError {
  static override readonly code: string = 'clocks_differ'
  static override readonly retryable: boolean = true
  readonly seconds: number
  constructor(one: string, other: string, seconds: number) {
    super(
      `the clocks of ${one} and ${other} are ${Math.round(seconds)} s apart; nothing is deleted until they agree`,
    )
    this.seconds = seconds
  }
}
