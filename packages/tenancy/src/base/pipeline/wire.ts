import pg from 'pg'
import pgUtils from 'pg/lib/utils.js'

export type Statement = { text: string; values?: unknown[]; rowMode?: string; types?: unknown }

type Fields = { fields: never }
/** What pg's classes have and its types do not tell. */
type Result = pg.QueryResult & {
  addFields: (fields: never) => void
  parseRow: (fields: never) => unknown
  addRow: (row: unknown) => void
  addCommandComplete: (message: object) => void
}
type Wire = {
  stream: { cork: () => void; uncork: () => void; write: (data: Buffer) => void; writable: boolean }
  parse: (what: object) => void
  bind: (what: object) => void
  describe: (what: object) => void
  execute: (what: object) => void
  sync: () => void
}
const Result = (pg as unknown as { Result: new (rowMode?: string, types?: unknown) => Result })
  .Result

/**
 * Several statements as one implicit transaction: written at once, with a single Sync behind the
 * last, at which PostgreSQL commits all of them or none. pg's own pipeline puts a Sync, and so a
 * commit, behind each. Any error fails the whole, that of the commit included. Inside a transaction
 * that was begun, it is a part of it.
 */
export function fly(
  client: pg.PoolClient,
  statements: readonly Statement[],
): Promise<pg.QueryResult[]> {
  return new Promise((resolve, reject) => {
    client.query(new Flight(statements, resolve, reject))
  })
}

/**
 * One of the statements failed: `at` is its place. The error of a commit has the place behind the
 * last.
 */
export class FlightFailed extends Error {
  readonly at: number
  declare readonly cause: Error
  constructor(at: number, cause: Error) {
    super(cause.message, { cause })
    this.at = at
  }
}

/** One statement, in the extended protocol. */
export async function ask(client: pg.PoolClient, statement: Statement): Promise<pg.QueryResult> {
  try {
    const [result] = await fly(client, [statement])
    return result as pg.QueryResult
  } catch (error) {
    throw error instanceof FlightFailed ? error.cause : error
  }
}

/** What is sent inside goes out in one write. */
export function together<T>(client: pg.PoolClient, send: () => T): T {
  const { stream } = (client as unknown as { connection: Wire }).connection
  stream.cork()
  try {
    return send()
  } finally {
    stream.uncork()
  }
}

class Flight extends pg.Query {
  readonly #statements: readonly Statement[]
  readonly #landed: (results: pg.QueryResult[]) => void
  readonly #failed: (error: Error) => void
  #results: Result[] = []
  #unreadable: Error | undefined
  #at = 0

  constructor(
    statements: readonly Statement[],
    landed: (results: pg.QueryResult[]) => void,
    failed: (error: Error) => void,
  ) {
    super(statements.map(({ text }) => text).join('; '))
    this.#statements = statements
    this.#landed = landed
    this.#failed = failed
  }

  override submit = (connection: unknown): null => {
    const wire = connection as Wire
    const written: Buffer[] = []
    const page = Object.assign(Object.create(wire) as Wire, {
      _send: (part: Buffer) => written.push(part),
    })
    // the client gives its own type parsers to the query that it is handed
    const own = (this as unknown as { _result: { _types?: unknown } })._result._types
    for (const { text, values = [], rowMode, types } of this.#statements) {
      page.parse({ text })
      page.bind({ values, valueMapper: (value: unknown) => pgUtils.prepareValue(value) })
      page.describe({ type: 'P', name: '' })
      page.execute({})
      this.#results.push(new Result(rowMode, types ?? own))
    }
    page.sync()
    if (wire.stream.writable) wire.stream.write(Buffer.concat(written))
    return null
  }

  handleRowDescription({ fields }: Fields): void {
    this.#results[this.#at]?.addFields(fields)
  }

  handleDataRow({ fields }: Fields): void {
    const result = this.#results[this.#at]
    try {
      result?.addRow(result.parseRow(fields))
    } catch (error) {
      this.#unreadable ??= error as Error
    }
  }

  handleCommandComplete(message: object): void {
    this.#results[this.#at++]?.addCommandComplete(message)
  }

  /** PostgreSQL says of an empty statement only that it was empty. */
  handleEmptyQuery(): void {
    this.#at++
  }

  handleError(error: Error): void {
    this.#failed(new FlightFailed(this.#at, error))
  }

  handleReadyForQuery(): void {
    if (this.#unreadable) this.#failed(this.#unreadable)
    else this.#landed(this.#results)
  }
}
