import type { SQL } from 'drizzle-orm'
import type { TenantTx } from '#tenancy/base/tenant-tx'

/** A parent row with the rows that refer to it and are deleted with it. */
export type Document = { id: string; lines: string[]; events: string[] }

/** A row with a value that no other row of the tenant may have. */
export type UniqueRow = { id: string; value: string }

/**
 * What a `Writer` writes, in the tables of one app, and how a compareWithLedger reads it back. Every text that
 * is written is a mark, which no other transaction writes.
 */
export type Workload = {
  /** The tables that are written, each with the column that holds the mark. */
  marks: Readonly<Record<string, string>>
  /** Which of these tables holds what. Two parts may be in one table. */
  tables: Readonly<Record<'document' | 'line' | 'event' | 'unique', string>>
  /**
   * Writes what has to be there first, such as the counter.
   * @param counter - An id for this writer's own counter, which begins at 0.
   * @returns The statements of this writer.
   */
  begin(tx: TenantTx, counter: string): Promise<WorkloadStatements>
  /** What the counter says now. */
  readCounter(tx: TenantTx, counter: string): Promise<number>
  /** How many lines and events there are whose document is gone. */
  countOrphans(tx: TenantTx): Promise<number>
}

/** The statements of the transactions, in the order in which they are sent. */
export type WorkloadStatements = {
  /** Another value for a unique row. */
  uniqueValue(): string
  addUnique(row: UniqueRow, mark: string): SQL[]
  /** Counts one up, and adds a document with all its lines and events. */
  create(document: Document, mark: string): SQL[]
  /** Changes a document and its first line, and adds an event. */
  change(document: Document, event: string, mark: string): SQL[]
  /** Deletes a document; its lines and events go with it. */
  remove(document: Document): SQL[]
  /** Gives a line to another document. */
  reparent(line: string, to: Document, mark: string): SQL[]
  /** Gives the old row another value, and its value to a new row. */
  swap(old: UniqueRow, otherValue: string, fresh: UniqueRow, mark: string): SQL[]
}
