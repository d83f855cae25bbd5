import type pg from 'pg'
import { type Statement } from '#tenancy/base/tenancy'

/**
 * How the statements of one transaction reach PostgreSQL. There are two implementations: one that
 * writes several statements to the socket at once, which needs private parts of pg, and one that
 * uses ordinary queries.
 */
export type Pipeline = {
  readonly name: 'pipelined' | 'plain'
  /** One statement in the extended protocol, nothing named. */
  query: (client: pg.ClientBase, statement: Statement) => Promise<pg.QueryResult>
  /** One or several statements without values, in the simple protocol. */
  run: (client: pg.ClientBase, text: string) => Promise<pg.QueryResult>
  /** Sends what `send` queries in one write. */
  corked: <T>(client: pg.ClientBase, send: () => T) => T
  /** A value as it goes to PostgreSQL. Throws for one that cannot be sent. */
  prepareValue: (value: unknown) => unknown
  /**
   * Several statements as one implicit transaction: PostgreSQL commits all or none of them.
   * Undefined where statements only go one by one.
   */
  runPipelined:
    | ((client: pg.ClientBase, statements: readonly Statement[]) => Promise<pg.QueryResult[]>)
    | undefined
  /** True while the connection is inside a transaction. Undefined where that is not known. */
  inTransaction: (client: pg.ClientBase) => boolean | undefined
}

/** One of several statements that were sent together has failed. */
export class PipelineError extends Error {
  /** The statement's index; for an error of the commit it is the number of statements. */
  readonly at: number
  declare readonly cause: Error
  constructor(at: number, cause: Error) {
    super(cause.message, { cause })
    this.at = at
  }
}
