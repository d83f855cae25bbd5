import { RowhouseError } from '#tenancy/base/errors'

/** A login of ours could get around row-level security. */
export class UnsafeLogin extends RowhouseError {
  static override readonly code: string = 'unsafe_login'
  static override readonly fault: boolean = true
  readonly login: string
  readonly why: string[]
  constructor(login: string, why: string[]) {
    super(`the login ${login} must not be used by the application: ${why.join('; ')}`)
    this.login = login
    this.why = why
  }
}
