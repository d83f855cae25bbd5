import { RowhouseError } from '#tenancy/base/errors'

/** A server with a PostgreSQL version that the engine does not support. */
export class ServerTooOld extends RowhouseError {
  static override readonly code: string = 'server_too_old'
  readonly found: string
  readonly needed: string
  constructor(found: string, needed: string) {
    super(`this server runs PostgreSQL ${found}; upgrade it to ${needed} or later`)
    this.found = found
    this.needed = needed
  }
}

/** A server that cannot hold tenants in its present state. Nothing was changed there. */
export class ServerUnusable extends RowhouseError {
  static override readonly code: string = 'server_unusable'
  readonly server: string
  readonly why: string
  constructor(server: string, why: string) {
    super(`the server ${server} cannot hold a tenant: ${why}`)
    this.server = server
    this.why = why
  }
}
