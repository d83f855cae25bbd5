import type pg from 'pg'
import { PipelineError, type Pipeline } from '#tenancy/base/pipeline/pipeline'
import { type Statement } from '#tenancy/base/tenancy'
import { isDatabaseError } from '#tenancy/base/transient-errors'
import { QueryAfterEnd, RolledBack } from '#tenancy/context/errors'

const cleaning = 'reset all; deallocate all; close all; unlisten *; select pg_advisory_unlock_all()'

type Queued = {
  statement: Statement
  resolve: (result: pg.QueryResult) => void
  reject: (error: Error) => void
}

/**
 * The connection of one tenant transaction as Drizzle sees it: it uses the extended protocol only,
 * refuses named statements and is closed with the transaction. With `entry`, it queues queries, and
 * `finish` sends the entry and the queries in one pipeline.
 */
export class Scope {
  submitted = 0
  /** Whether a commit was sent and the server has not said that it failed. */
  mayHaveCommitted = false
  /** Called with every statement that this scope sends. */
  onStatement: ((statement: Statement) => void) | undefined
  #cleaned: Promise<unknown> | undefined
  #ended: Promise<void> | undefined
  #open = true
  readonly #queued: Queued[] = []
  readonly client: pg.PoolClient
  readonly pipeline: Pipeline
  readonly entry: Statement | undefined
  constructor(client: pg.PoolClient, pipeline: Pipeline, entry?: Statement) {
    this.client = client
    this.pipeline = pipeline
    this.entry = entry
  }

  query(config: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    const { text, ...rest } = typeof config === 'string' ? { text: config } : config
    if (!this.#open || this.#ended) return Promise.reject(new QueryAfterEnd(text))
    if ('name' in rest && rest.name !== undefined)
      return Promise.reject(new TypeError('named statements are refused on tenant connections'))
    const statement: Statement = { ...rest, text }
    try {
      // before the query counts as submitted: otherwise a batch would commit without it
      statement.values = (values ?? []).map((value) => this.pipeline.prepareValue(value))
    } catch (error) {
      return Promise.reject(error as Error)
    }
    this.submitted++
    this.onStatement?.(statement)
    if (!this.entry) return this.pipeline.query(this.client, statement)
    return new Promise((resolve, reject) => this.#queued.push({ statement, resolve, reject }))
  }

  close(): void {
    this.#open = false
  }

  /** Rejects the queued queries, because one of the batch could not be serialised. */
  rejectQueued(): void {
    if (this.entry)
      for (const { statement, reject } of this.#queued) reject(new QueryAfterEnd(statement.text))
  }

  /**
   * Commits, or sends the pipeline with its own commit, and cleans the connection in the same
   * write. Rejects when nothing was committed.
   */
  finish(): Promise<void> {
    if (!this.#ended) this.mayHaveCommitted = true
    this.#ended ??= this.pipeline.corked(this.client, () => {
      const ended = this.entry ? this.#sendPipeline(this.entry) : this.#commit()
      void this.#clean(this.pipeline.runPipelined ? cleaning : `rollback; ${cleaning}`)
      return ended
    })
    this.#ended.catch(() => {}) // awaited where the transaction ends
    return this.#ended
  }

  /** Rolls back unless `finish` was called. Resolves when the connection is clean. */
  leave(): Promise<unknown> {
    return this.#cleaned ?? this.#clean(`rollback; ${cleaning}`)
  }

  #clean(how: string): Promise<unknown> {
    this.#cleaned = this.pipeline.run(this.client, how).then(() => {
      if (this.pipeline.inTransaction(this.client) === true) throw new RolledBack()
    })
    this.#cleaned.catch(() => {}) // awaited where the connection is released
    return this.#cleaned
  }

  async #commit(): Promise<void> {
    const ended = await this.pipeline.run(this.client, 'commit')
    if (ended.command !== 'COMMIT') throw new RolledBack()
  }

  async #sendPipeline(entry: Statement): Promise<void> {
    const { runPipelined, inTransaction } = this.pipeline
    if (!runPipelined) throw new Error('only a pipeline that runs several statements has an entry')
    const statements = [entry, ...this.#queued.map(({ statement }) => statement)]
    try {
      const [, ...results] = await runPipelined(this.client, statements)
      if (inTransaction(this.client) === true) throw new RolledBack()
      for (const [i, { resolve }] of this.#queued.entries()) resolve(results[i] as pg.QueryResult)
    } catch (error) {
      const cause = PipelineError.is(error) ? error.cause : (error as Error)
      // an error message of the server before the commit: nothing was committed
      if (PipelineError.is(error) && error.at < statements.length && isDatabaseError(cause))
        this.mayHaveCommitted = false
      // the failed query first: Drizzle adds its text to the error
      if (PipelineError.is(error)) this.#queued[error.at - 1]?.reject(cause)
      for (const { reject } of this.#queued) reject(cause)
      throw cause
    }
  }
}
