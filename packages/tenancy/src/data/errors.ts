import { RowhouseError } from '#tenancy/base/errors'

/** A file that is not, or no longer, an export of ours. */
export class ArchiveRefused extends RowhouseError {
  static override readonly code: string = 'archive_refused'
  readonly why: string
  constructor(why: string) {
    super(`this file is refused and nothing was written: ${why}`)
    this.why = why
  }
}

/**
 * Nobody is left who may have this export: its tenant was erased, or whoever asked for it may no
 * longer.
 */
export class ExportEnded extends RowhouseError {
  static override readonly code: string = 'export_ended'
  readonly requestedBy: string
  constructor(requestedBy: string) {
    super(
      `${requestedBy}, who asked for this export, may no longer have it; somebody who may can ask for a new one`,
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

/** The place of a tenant changed while it was read as of one moment. */
export class TenantMoved extends RowhouseError {
  static override readonly code: string = 'tenant_moved'
  static override readonly retryable: boolean = true
  readonly tenantId: string
  constructor(tenantId: string) {
    super(`tenant ${tenantId} went to another place while its rows were read; begin again`)
    this.tenantId = tenantId
  }
}

/** A legal hold stands: nothing of this tenant may be deleted. */
export class OnHold extends RowhouseError {
  static override readonly code: string = 'on_hold'
  readonly since: Date
  readonly reason: string
  constructor(since: Date, reason: string) {
    super(
      `this organisation is on legal hold since ${since.toISOString().slice(0, 10)} (${reason}); nothing is deleted until the hold is lifted`,
    )
    this.since = since
    this.reason = reason
  }
}

/** Clocks that should show the same time do not, and what is old enough to go depends on them. */
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
