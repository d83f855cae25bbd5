import pg from 'pg'
import { ConnectionFailed, TlsFailed } from '#tenancy/base/errors'
import { codeOf } from '#tenancy/base/transient-errors'

export type ClientConfig = Omit<pg.ClientConfig, 'connectionTimeoutMillis' | 'query_timeout'> & {
  /** How long `connect` may take, in milliseconds. */
  connectTimeoutMs?: number
  /** How long a query may go unanswered before the connection is closed, in milliseconds. */
  answerTimeoutMs?: number
}

/** Where a failed query or connection attempt was sent. It has no password and no values. */
export type FailedCall = {
  host: string
  port: number
  database: string
  user: string
  /** The text of the query. Undefined for a connection attempt, and for pipelined statements. */
  statement: string | undefined
}

// a registered symbol, because a process may load this module more than once
const failedCall = Symbol.for('rowhouse.failed-call')

/**
 * Finds out which call failed with an error.
 * @param error - An error of a client that `createClient` or `createPool` has made.
 * @returns The call; undefined for any other error.
 */
export const failedCallOf = (error: Error): FailedCall | undefined =>
  (error as { [failedCall]?: FailedCall })[failedCall]

type Callback = (error: Error | null | undefined, result?: unknown) => void
type Submittable = pg.Submittable & { handleError: (error: Error, ...rest: unknown[]) => void }

/**
 * Creates a client of pg that reports lost connections and timeouts as `ConnectionFailed`.
 * @returns The client, which is not connected yet.
 */
export const createClient = (config: ClientConfig): pg.Client =>
  new DatabaseClient(config) as unknown as pg.Client

/**
 * Creates a pool of such clients. `connect` throws `ConnectionFailed` if none becomes free in time.
 * @returns The pool.
 */
export const createPool = (config: PoolConfig): pg.Pool =>
  new DatabasePool(config) as unknown as pg.Pool

/**
 * A client of pg whose failures can be distinguished. pg reports a lost connection, a timeout and a
 * query on a closed client as plain errors without a code. This class turns them into
 * `ConnectionFailed`, by the state of the connection and not by the text of the error. It has its own
 * timeouts for the same reason. They close the connection, which pg's leave open with a pending query.
 */
class DatabaseClient extends pg.Client {
  readonly #connectTimeoutMs: number
  readonly #answerTimeoutMs: number
  #broken = false
  #closed = false

  constructor({ connectTimeoutMs = 0, answerTimeoutMs = 0, ...config }: ClientConfig) {
    super(config)
    this.#connectTimeoutMs = connectTimeoutMs
    this.#answerTimeoutMs = answerTimeoutMs
    // the session may be ended before its owner can add a listener, which would end the process
    this.on('error', () => {})
    // added before pg's own listeners, which reject the queries
    this.connection.on('error', () => (this.#broken = true))
    this.connection.on('end', () => (this.#closed = true))
  }

  // Drizzle and pg-pool use the promise and the callback form. `never` fits all overloads that pg
  // declares; callers see those, through the type of `createClient`.
  override connect(...args: unknown[]): never {
    const connected = this.#connect()
    const [callback] = args as [Callback?]
    if (callback) connected.then(() => callback(null), callback)
    return connected as never
  }

  override query(...args: unknown[]): never {
    const [query] = args
    const statement = textOf(query)
    const send = super.query.bind(this) as (...values: unknown[]) => unknown
    if (isSubmittable(query)) {
      const handleError = query.handleError.bind(query)
      query.handleError = (error, ...rest) => handleError(this.#explain(error, statement), ...rest)
      return send(...args) as never
    }
    const timer = this.#answerTimer()
    const callback = args.at(-1)
    if (typeof callback === 'function')
      return send(...args.slice(0, -1), (error: Error | null, result: unknown) => {
        clearTimeout(timer)
        ;(callback as Callback)(error && this.#explain(error, statement), result)
      }) as never
    return (send(...args) as Promise<unknown>).then(
      (result) => {
        clearTimeout(timer)
        return result
      },
      (error: Error) => {
        clearTimeout(timer)
        throw this.#explain(error, statement)
      },
    ) as never
  }

  override emit(event: string, ...values: unknown[]): boolean {
    const [error] = values
    if (event !== 'error' || !(error instanceof Error)) return super.emit(event as 'end', ...values)
    const explained = this.#explain(error)
    this.#broken = true // the server has ended the session, and pg accepts no more queries
    return super.emit(event, explained)
  }

  override end(callback?: (error: Error) => void): never {
    this.#closed = true
    return (callback ? super.end(callback) : super.end()) as never
  }

  async #connect(): Promise<this> {
    const ms = this.#connectTimeoutMs
    const timer = ms > 0 ? setTimeout(() => this.#destroy('connect timeout', ms), ms) : undefined
    try {
      await super.connect()
      return this
    } catch (error) {
      throw this.#withCall(this.#explainConnect(error as Error))
    } finally {
      clearTimeout(timer)
    }
  }

  #answerTimer(): NodeJS.Timeout | undefined {
    const ms = this.#answerTimeoutMs
    return ms > 0 ? setTimeout(() => this.#destroy('answer timeout', ms), ms) : undefined
  }

  #destroy(why: 'connect timeout' | 'answer timeout', ms: number): void {
    this.connection.stream.destroy(new ConnectionFailed(why, { ms }))
  }

  #explainConnect(error: Error): Error {
    // pg's own error for a server that does not offer TLS has no code
    const tls = hasCode(error) ? certificateCodes.test(codeOf(error) ?? '') : this.#broken
    if (this.ssl && tls) return new TlsFailed(`${this.host}:${this.port}`, error)
    return this.#broken || hasCode(error) ? error : new ConnectionFailed('closed', { cause: error })
  }

  #explain(error: Error, statement?: string): Error {
    const isKnown = hasCode(error) || !(this.#broken || this.#closed)
    const explained = isKnown ? error : new ConnectionFailed('closed', { cause: error })
    return this.#withCall(explained, statement)
  }

  #withCall(error: Error, statement?: string): Error {
    const { host, port, database = '', user = '' } = this
    const call: FailedCall = { host, port, database, user, statement }
    Object.defineProperty(error, failedCall, { value: call, configurable: true })
    return error
  }
}

export type PoolConfig = Omit<pg.PoolConfig, 'connectionTimeoutMillis' | 'query_timeout'> &
  Pick<ClientConfig, 'answerTimeoutMs'> & {
    /** How long `connect` waits for a free connection or a new one, in milliseconds. */
    waitMs: number
    /** Values of the connection parameter `options`, best first: the next is tried if one is refused. */
    sessionOptions?: readonly string[]
  }

/**
 * Codes with which a server refuses an unknown setting (42704), and poolers the parameter `options`.
 * PgBouncer answers a wrong password in the same way.
 */
const optionsRefused = new Set(['42704', '08P01', '0A000'])

class DatabasePool extends pg.Pool {
  readonly #waitMs: number
  readonly #sessionOptions: readonly string[]
  /** Which of the session options is in use. */
  #level = 0

  constructor({ waitMs, sessionOptions = [], ...config }: PoolConfig) {
    const client = { connectTimeoutMs: waitMs, Client: DatabaseClient as never }
    super({ ...config, ...client })
    this.#waitMs = waitMs
    this.#sessionOptions = sessionOptions
    this.#useLevel(0)
  }

  #useLevel(level: number): void {
    this.#level = level
    const options = this.#sessionOptions[level]
    if (options) this.options.options = options
    else delete this.options.options
  }

  /** Opens or takes a connection. Another attempt may have changed the level in the meantime. */
  async #open(): Promise<pg.PoolClient> {
    for (;;) {
      const level = this.#level
      try {
        return await super.connect()
      } catch (error) {
        if (!optionsRefused.has(codeOf(error) ?? '')) throw error
        if (level === this.#level) {
          if (level + 1 >= this.#sessionOptions.length) {
            this.#useLevel(0) // the options were not the reason
            throw error
          }
          this.#useLevel(level + 1)
        }
      }
    }
  }

  override connect(...args: unknown[]): never {
    const connected = this.#connect()
    const [callback] = args as [((...values: unknown[]) => void)?]
    if (callback)
      connected.then(
        (client) => callback(undefined, client, (error?: Error) => client.release(error)),
        (error: unknown) => callback(error, undefined, () => {}),
      )
    return connected as never
  }

  #connect(): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      let late = false
      const timer = setTimeout(() => {
        late = true
        reject(new ConnectionFailed('none free', { ms: this.#waitMs }))
      }, this.#waitMs)
      this.#open()
        .then((client) => (late ? client.release() : resolve(client)), reject)
        .finally(() => clearTimeout(timer))
    })
  }
}

/** Node's codes for a certificate that it refuses. */
const certificateCodes = /CERT|UNABLE_TO_|HOSTNAME_MISMATCH/

const hasCode = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && Boolean(error.code)

const textOf = (query: unknown): string | undefined => {
  if (typeof query === 'string') return query
  const text =
    typeof query === 'object' && query !== null && 'text' in query ? query.text : undefined
  return typeof text === 'string' ? text : undefined
}

const isSubmittable = (query: unknown): query is Submittable =>
  typeof query === 'object' &&
  query !== null &&
  'submit' in query &&
  typeof query.submit === 'function'
