import { RowhouseError } from '#tenancy/base/errors'

/** A login of the app has privileges that could bypass row-level security. */
export class UnsafeLogin extends RowhouseError {
  static override readonly code: string = 'unsafe_login'
  static override readonly fault: boolean = true
  readonly login: string
  readonly why: string[]
  constructor(login: string, why: string[]) {
    super(`the application must not use the login ${login}: ${why.join('; ')}`)
    this.login = login
    this.why = why
  }
}
