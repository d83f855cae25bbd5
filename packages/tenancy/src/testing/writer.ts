import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type SQL } from 'drizzle-orm'
import type { Caller, ServiceCaller } from '#tenancy/base/caller'
import { newId } from '#tenancy/base/ids'
import type { Tenancy } from '#tenancy/base/tenancy'
import { withTenant } from '#tenancy/context/with-tenant'
import type { Document, UniqueRow, Workload, WorkloadStatements } from '#tenancy/testing/workload'

/** The last text written to a row; null if the row was deleted. */
export type Mark = string | null
/** A table and the id of a row. */
export type RowName = `${string}/${string}`

/** A writer's record of its acknowledged writes. */
export class Ledger {
  /** The id of this writer's own counter. */
  readonly counter = newId()
  readonly rows = new Map<RowName, Mark>()
  /** The possible marks of rows whose transaction may or may not have committed. */
  readonly doubtful = new Map<RowName, Mark[]>()
  counted = 0
  maybeCounted = 0
  writes = 0
  transactions = 0
  refusals = 0
  doubts = 0
  longestMs = 0
  longestGapMs = 0
  lastAckAt = 0
}

type Transaction = {
  changes: Map<RowName, Mark>
  counts: number
  statements: SQL[]
  done: () => void
  refused: () => void
}

const uniqueRows = 4
const documentsKept = 40

/**
 * Writes to a tenant at a constant rate, in transactions over several tables: it adds, changes and
 * deletes documents with lines and events, moves lines to other documents, and moves unique values to
 * other rows.
 */
export class Writer {
  readonly ledger = new Ledger()
  readonly #tenancy: Tenancy
  readonly #workload: Workload
  readonly #caller: Caller | ServiceCaller
  readonly #rate: number
  #statements!: WorkloadStatements
  #documents: Document[] = []
  #unique: UniqueRow[] = []
  #running: Promise<void>[] = []
  #on = false
  #n = 0

  /**
   * @param tenancy - The instance.
   * @param workload - What it writes.
   * @param caller - The caller, and thereby the tenant.
   * @param rate - Statements a second.
   */
  constructor(tenancy: Tenancy, workload: Workload, caller: Caller | ServiceCaller, rate: number) {
    this.#tenancy = tenancy
    this.#workload = workload
    this.#caller = caller
    this.#rate = rate
  }

  /** Starts to write, in `lanes` concurrent transactions. */
  async start(lanes = 6): Promise<void> {
    await this.#begin()
    this.#on = true
    this.ledger.lastAckAt = performance.now()
    this.#running = Array.from({ length: lanes }, (_, lane) => this.#write(lane, lanes))
  }

  /** Stops, and returns the ledger. */
  async stop(): Promise<Ledger> {
    this.#on = false
    await Promise.all(this.#running)
    return this.ledger
  }

  async #begin(): Promise<void> {
    await withTenant(this.#tenancy, this.#caller, async (tx) => {
      this.#statements = await this.#workload.begin(tx, this.ledger.counter)
      this.#unique = Array.from({ length: uniqueRows }, () => ({
        id: newId(),
        value: this.#statements.uniqueValue(),
      }))
      for (const row of this.#unique) {
        for (const statement of this.#statements.addUnique(row, 'm0')) await tx.execute(statement)
        this.ledger.rows.set(this.#row('unique', row.id), 'm0')
      }
    })
  }

  async #write(lane: number, lanes: number): Promise<void> {
    let at = performance.now() + (lane * 1000) / this.#rate
    while (this.#on) {
      const transaction = this.#choose()
      const began = performance.now()
      await this.#attempt(transaction)
      // time lost in a pause is not made up for, so that no burst follows
      at = Math.max(
        at + (transaction.statements.length * lanes * 1000) / this.#rate,
        performance.now() - 200,
      )
      this.ledger.longestMs = Math.max(this.ledger.longestMs, performance.now() - began)
      await sleep(Math.max(0, at - performance.now()))
    }
  }

  async #attempt(transaction: Transaction): Promise<void> {
    const { ledger } = this
    try {
      await withTenant(this.#tenancy, this.#caller, async (tx) => {
        await Promise.all(transaction.statements.map((statement) => tx.execute(statement)))
        return tx.tenantId
      })
      const now = performance.now()
      ledger.longestGapMs = Math.max(ledger.longestGapMs, now - ledger.lastAckAt)
      ledger.lastAckAt = now
      for (const [row, mark] of transaction.changes) ledger.rows.set(row, mark)
      ledger.counted += transaction.counts
      ledger.writes += transaction.statements.length
      ledger.transactions++
      transaction.done()
    } catch (error) {
      if (isRefused(error)) {
        ledger.refusals++
        transaction.refused()
      } else this.#doubt(transaction)
      await sleep(20)
    }
  }

  #doubt(transaction: Transaction): void {
    this.ledger.doubts++
    this.ledger.maybeCounted += transaction.counts
    for (const [row, mark] of transaction.changes) {
      const before = this.ledger.rows.get(row)
      this.ledger.doubtful.set(row, [
        ...(this.ledger.doubtful.get(row) ?? []),
        mark,
        before ?? null,
      ])
      this.ledger.rows.delete(row)
    }
  }

  #choose(): Transaction {
    const dice = Math.random()
    const document = this.#documents.length > documentsKept ? this.#take() : undefined
    if (!document || dice < 0.3) return this.#create(document)
    if (dice < 0.6) return this.#change(document)
    if (dice < 0.75) return this.#remove(document)
    const other = this.#take()
    if (dice < 0.9 && other) return this.#reparent(document, other)
    if (other) this.#documents.push(other)
    this.#documents.push(document)
    return this.#swap()
  }

  #mark = () => `m${++this.#n}`
  #take = () => this.#documents.splice(Math.floor(Math.random() * this.#documents.length), 1)[0]
  #row = (part: keyof Workload['tables'], id: string): RowName =>
    `${this.#workload.tables[part]}/${id}`

  #create(kept: Document | undefined): Transaction {
    if (kept) this.#documents.push(kept)
    const mark = this.#mark()
    const document: Document = { id: newId(), lines: [newId(), newId()], events: [newId()] }
    return {
      changes: new Map(this.#rowsOf(document).map((row): [RowName, Mark] => [row, mark])),
      counts: 1,
      statements: this.#statements.create(document, mark),
      done: () => void this.#documents.push(document),
      refused: () => {},
    }
  }

  #change(document: Document): Transaction {
    const [mark, event] = [this.#mark(), newId()]
    return {
      changes: new Map<RowName, Mark>([
        [this.#row('document', document.id), mark],
        [this.#row('line', document.lines[0] ?? ''), mark],
        [this.#row('event', event), mark],
      ]),
      counts: 0,
      statements: this.#statements.change(document, event, mark),
      done: () => void this.#documents.push({ ...document, events: [...document.events, event] }),
      refused: () => void this.#documents.push(document),
    }
  }

  #remove(document: Document): Transaction {
    return {
      changes: new Map(this.#rowsOf(document).map((row): [RowName, Mark] => [row, null])),
      counts: 0,
      statements: this.#statements.remove(document),
      done: () => {},
      refused: () => void this.#documents.push(document),
    }
  }

  #reparent(document: Document, other: Document): Transaction {
    const [mark, line] = [this.#mark(), document.lines.at(-1)]
    if (line === undefined || document.lines.length < 2) {
      this.#documents.push(other)
      return this.#change(document)
    }
    return {
      changes: new Map<RowName, Mark>([[this.#row('line', line), mark]]),
      counts: 0,
      statements: this.#statements.reparent(line, other, mark),
      done: () =>
        void this.#documents.push(
          { ...document, lines: document.lines.slice(0, -1) },
          { ...other, lines: [...other.lines, line] },
        ),
      refused: () => void this.#documents.push(document, other),
    }
  }

  /** Moves a unique value to a new row. A copy must never contain it twice. */
  #swap(): Transaction {
    const [old] = this.#unique.splice(Math.floor(Math.random() * this.#unique.length), 1)
    if (!old) return this.#create(undefined)
    const [mark, fresh] = [this.#mark(), { id: newId(), value: old.value }]
    return {
      changes: new Map<RowName, Mark>([
        [this.#row('unique', old.id), mark],
        [this.#row('unique', fresh.id), mark],
      ]),
      counts: 0,
      statements: this.#statements.swap(old, this.#statements.uniqueValue(), fresh, mark),
      done: () => void this.#unique.push(fresh),
      refused: () => void this.#unique.push(old),
    }
  }

  #rowsOf({ id, lines, events }: Document): RowName[] {
    return [
      this.#row('document', id),
      ...lines.map((line) => this.#row('line', line)),
      ...events.map((event) => this.#row('event', event)),
    ]
  }
}

const refusals = new Set([
  'TenantMoving',
  'TooBusy',
  'PlacementStale',
  'RolledBack',
  'NotSignedIn',
  'NotAMember',
])

/** True when the transaction is known not to have been committed. */
function isRefused(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return false
  if (refusals.has(cause.name)) return true
  const code = 'code' in cause ? String(cause.code) : ''
  return /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('08') && !code.startsWith('57P')
}

/**
 * Keeps a transaction of a tenant open, for tests of what waits for it.
 * @param tenancy - The instance.
 * @param caller - The caller, and thereby the tenant.
 * @param ms - How long it stays open, in milliseconds.
 */
export const holdOpen = (
  tenancy: Tenancy,
  caller: Caller | ServiceCaller,
  ms: number,
): Promise<void> =>
  withTenant(tenancy, caller, async (tx) => {
    await tx.execute(sql`select pg_sleep(${ms / 1000})`)
  })
