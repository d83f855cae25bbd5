import { RowhouseError } from '@rowhouse/tenancy'

// The errors of the template. Those of tenancy are in the engine.

export class AccountBlocked extends RowhouseError {
  static override readonly code: string = 'account_blocked'
  constructor() {
    super('this account is blocked; write to support')
  }
}

/** A request sent by a page of another site, or by this one under an address that is not its own. */
export class ForeignOrigin extends RowhouseError {
  static override readonly code: string = 'foreign_origin'
  readonly origin: string | null
  readonly appUrl: string
  /** @param origin - Null if the request did not name one. */
  constructor(origin: string | null, appUrl: string) {
    super(
      origin === null
        ? `the browser did not say which page this came from; open ${appUrl} and try again`
        : `this page was opened at ${origin}, but the app is set up for ${appUrl}; open it there`,
    )
    this.origin = origin
    this.appUrl = appUrl
  }
}

/** A call that the API key's scope or its member's role does not allow. */
export class KeyNotAllowed extends RowhouseError {
  static override readonly code: string = 'key_not_allowed'
  readonly scope: string
  readonly role: string
  constructor(scope: string, role: string) {
    super(
      `this key may ${scope === 'write' ? 'write, but its owner is a' : 'only read; its owner is a'} ${role}; this call writes`,
    )
    this.scope = scope
    this.role = role
  }
}

export class LastOwner extends RowhouseError {
  static override readonly code: string = 'last_owner'
  readonly what: string
  constructor(what: string) {
    super(`${what} needs an owner, and this is the last one; make another member an owner first`)
    this.what = what
  }
}

/**
 * A link in an email that was used, replaced or revoked, or has expired. It does not reveal which.
 */
export class LinkInvalid extends RowhouseError {
  static override readonly code: string = 'link_invalid'
  constructor() {
    super('this link was used already or is too old; ask for a new one')
  }
}

export class NotAllowed extends RowhouseError {
  static override readonly code: string = 'not_allowed'
  readonly role: string
  readonly permission: string
  constructor(role: string, permission: string) {
    super(`your role is ${role}, which may not do this (${permission}); ask an owner or admin`)
    this.role = role
    this.permission = permission
  }
}

export class SecondFactorMissing extends RowhouseError {
  static override readonly code: string = 'second_factor_missing'
  constructor() {
    super(
      'operators need two-factor sign-in here and yours is off; turn it on under Your account, Password and codes, then come back',
    )
  }
}

export class TooManyAttempts extends RowhouseError {
  static override readonly code: string = 'too_many_attempts'
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super(`too many attempts; try again in ${retryAfterSeconds} s`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export class Conflict extends RowhouseError {
  static override readonly code: string = 'conflict'
  readonly what: string
  readonly yours: number
  readonly theirs: number
  constructor(what: string, yours: number, theirs: number) {
    super(
      `${what} was changed while you edited it: you edited version ${yours}, it is at version ${theirs} now`,
    )
    this.what = what
    this.yours = yours
    this.theirs = theirs
  }
}

/** The doctor found violations in the main database, so the app does not serve from it. */
export class UnsafeDatabase extends RowhouseError {
  static override readonly code: string = 'unsafe_database'
  static override readonly fault: boolean = true
  readonly violations: string[]
  constructor(violations: string[]) {
    super(
      `the database is not safe to serve from (\`doctor\` has the details):\n${violations.map((violation) => `  - ${violation}`).join('\n')}`,
    )
    this.violations = violations
  }
}

export class WrongAddress extends RowhouseError {
  static override readonly code: string = 'wrong_address'
  readonly invited: string
  readonly signedIn: string
  constructor(invited: string, signedIn: string) {
    super(
      `this invitation is for ${invited}, but you are signed in as ${signedIn}; sign out and open it again`,
    )
    this.invited = invited
    this.signedIn = signedIn
  }
}

export class WrongTenant extends RowhouseError {
  static override readonly code: string = 'wrong_tenant'
  readonly formTenant: string
  readonly sessionTenant: string
  constructor(formTenant: string, sessionTenant: string) {
    super(
      `this form belongs to ${formTenant}, but you have switched to ${sessionTenant} since; switch back and send it again`,
    )
    this.formTenant = formTenant
    this.sessionTenant = sessionTenant
  }
}
