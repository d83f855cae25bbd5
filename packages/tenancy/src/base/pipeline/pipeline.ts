import type pg from 'pg'
import { type Statement } from '#tenancy/base/tenancy'

/**
 * Sends the statements of one transaction to PostgreSQL. There are two implementations: one writes
 * several statements to the socket at once, with private APIs of pg; the other uses ordinary queries.
 */
export type Pipeline = {
  readonly name: 'pipelined' | 'plain'
  /** Runs one statement in the extended protocol, unnamed. */
  query: (client: pg.ClientBase, statement: Statement) => Promise<pg.QueryResult>
  /** Runs one or more statements without values, in the simple protocol. */
  run: (client: pg.ClientBase, text: string) => Promise<pg.QueryResult>
  /** Sends all queries that `send` makes in one write. */
  corked: <T>(client: pg.ClientBase, send: () => T) => T
  /** Serialises a value for PostgreSQL. Throws if that is not possible. */
  prepareValue: (value: unknown) => unknown
  /**
   * Runs several statements as one implicit transaction: PostgreSQL commits all or none of them.
   * Undefined if statements can only be sent one by one.
   */
  runPipelined:
    | ((client: pg.ClientBase, statements: readonly Statement[]) => Promise<pg.QueryResult[]>)
    | undefined
  /** Whether the connection is in a transaction. Undefined if that is unknown. */
  inTransaction: (client: pg.ClientBase) => boolean | undefined
}

const brand = Symbol.for('rowhouse.pipeline-error')

/**
 * One of several pipelined statements failed. It has no code, so that `codeOf` finds that of its
 * cause.
 */
export class PipelineError extends Error {
  readonly [brand] = true
  /** The index of the statement; the number of statements for an error of the commit. */
  readonly at: number
  declare readonly cause: Error
  constructor(at: number, cause: Error) {
    super(cause.message, { cause })
    this.at = at
  }

  /** Recognises the errors of every copy of this module: see `RowhouseError.is`. */
  static is(error: unknown): error is PipelineError {
    return typeof error === 'object' && error !== null && brand in error
  }
}
