import type { SQL } from 'drizzle-orm'
import type { TenantTx } from '#tenancy/base/tenant-tx'

/** A parent row with the rows that refer to it and are deleted with it. */
export type Document = { id: string; lines: string[]; events: string[] }

/** A row with a value that no other row of the tenant may have. */
export type UniqueRow = { id: string; value: string }

/**
 * What a `Writer` writes to the tables of an app, and how `compareWithLedger` reads it. Every text is a
 * mark, which identifies the transaction that wrote it.
 */
export type Workload = {
  /** The column with the mark, by table. */
  marks: Readonly<Record<string, string>>
  /** The table of each kind of row. Two kinds may share a table. */
  tables: Readonly<Record<'document' | 'line' | 'event' | 'unique', string>>
  /**
   * Writes the initial rows, such as the counter.
   * @param counter - The id of this writer's counter, which starts at 0.
   * @returns The statements of this writer.
   */
  begin(tx: TenantTx, counter: string): Promise<WorkloadStatements>
  /** Reads the counter. */
  readCounter(tx: TenantTx, counter: string): Promise<number>
  /** Counts lines and events without a document. */
  countOrphans(tx: TenantTx): Promise<number>
}

/** The statements of the transactions, in the order in which they are sent. */
export type WorkloadStatements = {
  /** Returns a new value for a unique row. */
  uniqueValue(): string
  addUnique(row: UniqueRow, mark: string): SQL[]
  /** Increments the counter, and adds a document with its lines and events. */
  create(document: Document, mark: string): SQL[]
  /** Changes a document and its first line, and adds an event. */
  change(document: Document, event: string, mark: string): SQL[]
  /** Deletes a document with its lines and events. */
  remove(document: Document): SQL[]
  /** Moves a line to another document. */
  reparent(line: string, to: Document, mark: string): SQL[]
  /** Changes the value of a row, and adds a new row with the old value. */
  swap(old: UniqueRow, otherValue: string, fresh: UniqueRow, mark: string): SQL[]
}
