// Every error of ours, one sentence each, with fields for the values. `status` is what a web page
// answers.

export abstract class RowhouseError extends Error {
  abstract readonly status: number
  override get name() {
    return this.constructor.name
  }
}

export class ConfigurationError extends RowhouseError {
  readonly status = 500
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`the configuration is not usable:\n${problems.map((p) => `  - ${p}`).join('\n')}`)
    this.problems = problems
  }
}

/** What a caller may not see and what does not exist are the same answer, on purpose. */
export class NotFound extends RowhouseError {
  readonly status = 404
  readonly what: string
  constructor(what: string) {
    super(`${what} was not found`)
    this.what = what
  }
}

export class TenantNotFound extends RowhouseError {
  readonly status = 404
  readonly tenant: string
  constructor(tenant: string) {
    super(`there is no tenant ${tenant}; \`tenant list\` shows the tenants there are`)
    this.tenant = tenant
  }
}

export class NotSignedIn extends RowhouseError {
  readonly status = 401
  constructor() {
    super('your session has ended; sign in again')
  }
}

export class NotAMember extends RowhouseError {
  readonly status = 404
  readonly tenantId: string
  constructor(tenantId: string) {
    super('you are not a member of this organisation')
    this.tenantId = tenantId
  }
}

export class NotAllowed extends RowhouseError {
  readonly status = 403
  readonly role: string
  readonly permission: string
  constructor(role: string, permission: string) {
    super(`your role is ${role}, which may not do this (${permission}); ask an owner or admin`)
    this.role = role
    this.permission = permission
  }
}

export class SecondFactorMissing extends RowhouseError {
  readonly status = 403
  constructor() {
    super(
      'operators need two-factor sign-in here and yours is off; turn it on under Your account, Password and codes, then come back',
    )
  }
}

export class TenantSuspended extends RowhouseError {
  readonly status = 403
  readonly tenantId: string
  constructor(tenantId: string) {
    super('this organisation is suspended; write to support')
    this.tenantId = tenantId
  }
}

export class TenantMoving extends RowhouseError {
  readonly status = 503
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
  readonly status = 503
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

export class TooBusy extends RowhouseError {
  readonly status = 429
  readonly what: string
  readonly limit: number
  readonly retryAfterSeconds: number
  constructor(what: string, limit: number, retryAfterSeconds: number) {
    super(`${what}: the limit of ${limit} is reached; try again in ${retryAfterSeconds} s`)
    this.what = what
    this.limit = limit
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The server stopped a query of a tenant at the tenant's statement limit. */
export class TookTooLong extends RowhouseError {
  readonly status = 503
  readonly limitMs: number
  constructor(limitMs: number) {
    super(
      `this took longer than ${limitMs} ms and was stopped; nothing was changed. Ask for less at a time`,
    )
    this.limitMs = limitMs
  }
}

export class TooManyAttempts extends RowhouseError {
  readonly status = 429
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super(`too many attempts; try again in ${retryAfterSeconds} s`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The transaction was over when this query came: it was not awaited, or its client was kept. */
export class DoorClosed extends RowhouseError {
  readonly status = 500
  readonly query: string
  constructor(query: string) {
    super(`a query came after the tenant's transaction had ended: ${query.slice(0, 80)}`)
    this.query = query
  }
}

/** The work went through, but the server rolled back, since a statement in it had failed. */
export class RolledBack extends RowhouseError {
  readonly status = 500
  constructor() {
    super('a statement of this transaction failed and its error was swallowed; nothing was saved')
  }
}

export class Conflict extends RowhouseError {
  readonly status = 409
  readonly what: string
  readonly yours: number
  readonly theirs: number
  constructor(what: string, yours: number, theirs: number) {
    super(
      `${what} was changed meanwhile: you edited version ${yours}, it is at version ${theirs} now`,
    )
    this.what = what
    this.yours = yours
    this.theirs = theirs
  }
}

/** Input that is wrong in one field; `field` names it as the form does. */
export class Invalid extends RowhouseError {
  readonly status = 400
  readonly field: string
  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

export class WrongTenant extends RowhouseError {
  readonly status = 409
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

/** A login of ours could get around row-level security. */
export class UnsafeLogin extends RowhouseError {
  readonly status = 500
  readonly login: string
  readonly why: string[]
  constructor(login: string, why: string[]) {
    super(`the login ${login} must not be used by the application: ${why.join('; ')}`)
    this.login = login
    this.why = why
  }
}

export class ServerTooOld extends RowhouseError {
  readonly status = 400
  readonly found: string
  readonly needed: string
  constructor(found: string, needed: string) {
    super(`this server runs PostgreSQL ${found}; version ${needed} or later is needed`)
    this.found = found
    this.needed = needed
  }
}

/** A server that cannot take tenants as it is; nothing was changed on it. */
export class ServerUnusable extends RowhouseError {
  readonly status = 400
  readonly server: string
  readonly why: string
  constructor(server: string, why: string) {
    super(`the server ${server} cannot hold a tenant: ${why}`)
    this.server = server
    this.why = why
  }
}

/** A history names a migration that this build does not have. */
export class MigrationMissing extends RowhouseError {
  readonly status = 500
  readonly migration: string
  constructor(migration: string, why: string) {
    super(`migration ${migration} is missing: ${why}; restore it from the repository's history`)
    this.migration = migration
  }
}

/** A file is not what it was when a target got it. */
export class MigrationChanged extends RowhouseError {
  readonly status = 500
  readonly migration: string
  readonly targets: string[]
  constructor(migration: string, targets: string[], applied: string, file: string) {
    super(
      `migration ${migration} was changed after ${some(targets)} got it: applied ${applied.slice(0, 12)}, file ${file.slice(0, 12)}; restore the file and put the change into a new migration`,
    )
    this.migration = migration
    this.targets = targets
  }
}

/** A target has migrations that this build has never heard of. */
export class SchemaTooNew extends RowhouseError {
  readonly status = 503
  readonly target: string
  readonly unknown: string[]
  constructor(target: string, unknown: string[], known: string, why?: string) {
    super(
      `${target} is at ${unknown.at(-1)} but this build knows up to ${known}${why ? ` (${why})` : ''}; use a build with ${unknown.at(-1)} or later`,
    )
    this.target = target
    this.unknown = unknown
  }
}

/**
 * A migration did not go into one target, which is as it was before. `server` is what PostgreSQL
 * said.
 */
export class MigrationFailed extends RowhouseError {
  readonly status = 500
  readonly target: string
  readonly migration: string
  readonly statement: string | null
  readonly code: string | null
  readonly server: string
  constructor(
    target: string,
    migration: string,
    statement: string | null,
    code: string | null,
    server: string,
  ) {
    super(
      `${target}: ${migration} failed${statement ? ` at "${oneLine(statement)}"` : ''}: ${server}`,
    )
    this.target = target
    this.migration = migration
    this.statement = statement
    this.code = code
    this.server = server
  }
}

export class TargetUnreachable extends RowhouseError {
  readonly status = 503
  readonly target: string
  readonly where: string
  constructor(target: string, where: string, why: string) {
    super(
      `${target}: its database ${where} can not be reached: ${why}; see that it runs and lets rowhouse_migrator in, then run this again`,
    )
    this.target = target
    this.where = where
  }
}

/** A target is being migrated, and whoever needs it to keep its version has waited long enough. */
export class TargetHeld extends RowhouseError {
  readonly status = 503
  readonly target: string
  readonly holder: string
  constructor(target: string, holder: string) {
    super(`${target} is being migrated by ${holder}; try again when that is done`)
    this.target = target
    this.holder = holder
  }
}

/** No order of these tables has each behind those that it refers to. */
export class TablesInACircle extends RowhouseError {
  readonly status = 500
  readonly tables: string[]
  constructor(tables: string[]) {
    super(
      `the tables ${tables.join(', ')} refer to each other in a circle, so none can be filled first; take one of the foreign keys away`,
    )
    this.tables = tables
  }
}

/** A file that is not, or no longer, an export of ours. */
export class ArchiveRefused extends RowhouseError {
  readonly status = 400
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
  readonly status = 403
  readonly requestedBy: string
  constructor(requestedBy: string) {
    super(
      `${requestedBy}, who asked for this export, may no longer have it; somebody who may can ask for a new one`,
    )
    this.requestedBy = requestedBy
  }
}

/** The place of a tenant changed while it was read as of one moment. */
export class TenantMoved extends RowhouseError {
  readonly status = 503
  readonly tenantId: string
  constructor(tenantId: string) {
    super(`tenant ${tenantId} went to another place while its rows were read; begin again`)
    this.tenantId = tenantId
  }
}

/** A legal hold stands: nothing of this tenant may be deleted. */
export class OnHold extends RowhouseError {
  readonly status = 409
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
  readonly status = 503
  readonly seconds: number
  constructor(one: string, other: string, seconds: number) {
    super(
      `the clocks of ${one} and ${other} are ${Math.round(seconds)} s apart; nothing is deleted until they agree`,
    )
    this.seconds = seconds
  }
}

const some = (names: string[]) =>
  names.length > 3
    ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
    : names.join(', ')
const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 200)

/** A tenant makes one move at a time. */
export class MoveUnderWay extends RowhouseError {
  readonly status = 409
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
  readonly status = 409
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
  readonly status = 409
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
  readonly status = 409
  readonly target: string
  readonly found: string
  constructor(target: string, found: string) {
    super(`${target} holds ${found} already; look whose it is, and rename or drop it`)
    this.target = target
    this.found = found
  }
}

export class TargetFull extends RowhouseError {
  readonly status = 409
  readonly target: string
  constructor(target: string, why: string) {
    super(`${target} has no room for the tenant: ${why}; make room, or choose another target`)
    this.target = target
  }
}

/** The source lacks migrations that this build has, or another version stands at the target. */
export class VersionsDiffer extends RowhouseError {
  readonly status = 409
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
  readonly status = 409
  readonly table: string
  constructor(table: string, why: string) {
    super(`table ${table} cannot be moved: ${why}; the doctor lists such tables`)
    this.table = table
  }
}

export type Checksum = { rows: number; sum: string }

/** The copy is not what it was copied from. The source is untouched, and the move is given up. */
export class VerificationFailed extends RowhouseError {
  readonly status = 500
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

export class AccountBlocked extends RowhouseError {
  readonly status = 403
  constructor() {
    super('this account is blocked; write to support')
  }
}

/**
 * A link of a mail that was used, replaced, revoked, or has waited too long: all the same to
 * whoever holds it.
 */
export class LinkSpent extends RowhouseError {
  readonly status = 410
  constructor() {
    super('this link was used already or is too old; ask for a new one')
  }
}

export class WrongAddress extends RowhouseError {
  readonly status = 403
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

export class LastOwner extends RowhouseError {
  readonly status = 409
  readonly what: string
  constructor(what: string) {
    super(`${what} needs an owner, and this is the last one; make somebody else an owner first`)
    this.what = what
  }
}

/** A request that another site's page has sent. */
export class ForeignOrigin extends RowhouseError {
  readonly status = 403
  readonly origin: string
  constructor(origin: string) {
    super(
      `this request came from ${origin}, not from a page of this site; reload the page and try again`,
    )
    this.origin = origin
  }
}

/** An API key without the right for this call. */
export class KeyNotAllowed extends RowhouseError {
  readonly status = 403
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
