import pg from 'pg'
import pgUtils from 'pg/lib/utils.js'
import { PipelineError, type Pipeline } from '#tenancy/base/pipeline/pipeline'
import { type Statement } from '#tenancy/base/tenancy'

// The only file that uses private APIs of pg: classes and fields that are missing from its types and
// that a release may change. `checkPipeline` tests them at start.

type Fields = { fields: never }
type Result = pg.QueryResult & {
  addFields: (fields: never) => void
  parseRow: (fields: never) => unknown
  addRow: (row: unknown) => void
  addCommandComplete: (message: object) => void
}
type Connection = {
  stream: { cork: () => void; uncork: () => void; write: (data: Buffer) => void; writable: boolean }
  parse: (what: object) => void
  bind: (what: object) => void
  describe: (what: object) => void
  execute: (what: object) => void
  sync: () => void
}
const Result = (pg as unknown as { Result: new (rowMode?: string, types?: unknown) => Result })
  .Result

export const wirePipeline: Pipeline = {
  name: 'pipelined',
  query,
  run: (client, text) => client.query(text),
  corked,
  prepareValue: (value) => pgUtils.prepareValue(value),
  runPipelined,
  inTransaction: (client) =>
    (client as unknown as { getTransactionStatus: () => string | null }).getTransactionStatus() !==
    'I',
}

/**
 * Writes all statements at once, with one Sync after the last, at which PostgreSQL commits all of them
 * or none. pg's own pipeline writes a Sync, and thereby a commit, after each. In an explicit
 * transaction, the statements are part of it.
 */
function runPipelined(
  client: pg.ClientBase,
  statements: readonly Statement[],
): Promise<pg.QueryResult[]> {
  return new Promise((resolve, reject) => {
    client.query(new PipelinedQuery(statements, resolve, reject))
  })
}

async function query(client: pg.ClientBase, statement: Statement): Promise<pg.QueryResult> {
  try {
    const [result] = await runPipelined(client, [statement])
    return result as pg.QueryResult
  } catch (error) {
    throw PipelineError.is(error) ? error.cause : error
  }
}

function corked<T>(client: pg.ClientBase, send: () => T): T {
  const { stream } = (client as unknown as { connection: Connection }).connection
  stream.cork()
  try {
    return send()
  } finally {
    stream.uncork()
  }
}

class PipelinedQuery extends pg.Query {
  readonly #statements: readonly Statement[]
  readonly #resolve: (results: pg.QueryResult[]) => void
  readonly #reject: (error: Error) => void
  #results: Result[] = []
  #unreadable: Error | undefined
  #at = 0

  constructor(
    statements: readonly Statement[],
    resolve: (results: pg.QueryResult[]) => void,
    reject: (error: Error) => void,
  ) {
    super(statements.map(({ text }) => text).join('; '))
    this.#statements = statements
    this.#resolve = resolve
    this.#reject = reject
  }

  override submit = (connection: unknown): null => {
    const wire = connection as Connection
    const messages: Buffer[] = []
    const recorder = Object.assign(Object.create(wire) as Connection, {
      _send: (part: Buffer) => messages.push(part),
    })
    // the client sets its own type parsers on the query
    const own = (this as unknown as { _result: { _types?: unknown } })._result._types
    for (const { text, values = [], rowMode, types } of this.#statements) {
      recorder.parse({ text })
      recorder.bind({ values, valueMapper: (value: unknown) => pgUtils.prepareValue(value) })
      recorder.describe({ type: 'P', name: '' })
      recorder.execute({})
      this.#results.push(new Result(rowMode, types ?? own))
    }
    recorder.sync()
    if (wire.stream.writable) wire.stream.write(Buffer.concat(messages))
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

  /** PostgreSQL sends this message instead of CommandComplete for an empty statement. */
  handleEmptyQuery(): void {
    this.#at++
  }

  handleError(error: Error): void {
    this.#reject(new PipelineError(this.#at, error))
  }

  handleReadyForQuery(): void {
    if (this.#unreadable) this.#reject(this.#unreadable)
    else this.#resolve(this.#results)
  }
}
