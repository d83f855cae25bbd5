import { setTimeout as sleep } from 'node:timers/promises'
import { lockKey } from '#tenancy/base/lock-keys'
import { timings } from '#tenancy/base/timings'
import type pg from 'pg'
import { WorkerStopping } from '#tenancy/base/errors'
import { MoveAborted, RunClosed, VersionsDiffer } from '#tenancy/moves/errors'
import { lockVersion } from '#tenancy/migrations/version-lock'
import { isSameDatabase, openConnection, resolveEnd } from '#tenancy/moves/move-ends'
import type { Location } from '#tenancy/placements/provision'
import { drop } from '#tenancy/base/connect'
import {
  addEvent,
  updateMove,
  readMove,
  type EventFacts,
  type Move,
} from '#tenancy/moves/move-store'
import { assertMovable, tenantTables, type MovableTable } from '#tenancy/moves/tenant-tables'
import { type MoveEnd, type MoveEventName } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

type MoveSide = 'source' | 'target'
type Opened = { location: Location; client: pg.Client }

const statusIntervalMs = 400

/**
 * One run of a move: the move's row, the connections to both ends, and its progress reports. The
 * holder of the tenant's move lock is the only one that may run a move.
 */
export class MoveRun {
  readonly tenancy: Tenancy
  move: Move
  readonly slug: string
  readonly stopping: AbortSignal
  /** The connection to the main database that holds the tenant's move lock. */
  readonly main: pg.Client
  readonly #opened = new Map<MoveSide, Promise<Opened>>()
  #closed = false
  #checkedAt = Date.now()
  #statusAt = 0

  constructor(
    tenancy: Tenancy,
    {
      move,
      slug,
      main,
      stopping,
    }: { move: Move; slug: string; main: pg.Client; stopping: AbortSignal },
  ) {
    this.tenancy = tenancy
    this.move = move
    this.slug = slug
    this.main = main
    this.stopping = stopping
  }

  get sameDatabase(): boolean {
    return isSameDatabase(this.move.source, this.move.target)
  }

  /** The application name of this run's sessions, which waiting sessions report. */
  get applicationName(): string {
    return `rowhouse move of ${this.slug}`
  }

  /**
   * The worker's connection to each end. Within the main database, each also sees the other's
   * schema.
   */
  source = (): Promise<pg.Client> => this.#client('source')
  target = (): Promise<pg.Client> => this.#client('target')
  locationOf = (side: MoveSide): Promise<Location> =>
    resolveEnd(this.tenancy, this.move.tenantId, this.move[side])

  /**
   * Opens another connection to one end. The caller closes it; the end of the first also ends it.
   */
  async connect(side: MoveSide): Promise<pg.Client> {
    const first = await this.#client(side)
    const client = await openConnection(
      this.tenancy,
      await this.locationOf(side),
      this.applicationName,
    )
    first.once('end', () => drop(client))
    return client
  }

  /**
   * Lists the tables to copy, each after those that it references.
   * @throws TableNotMovable or TablesInACircle
   */
  async tables(): Promise<MovableTable[]> {
    const source = await this.source()
    await assertMovable(source, this.move.source.schema)
    return tenantTables(source, this.move.source.schema)
  }

  /**
   * Begins a transaction whose signed context is for the tenant of this move.
   * @param purpose - Recorded with the service entry, for audits.
   * @param options.writes - True to check deferrable foreign keys at the commit.
   * @param options.snapshot - True for one snapshot for all statements.
   * @param options.asyncCommit - True to commit without waiting for the disk.
   * @param options.query - A statement to send in the same message.
   * @returns The result of `query`.
   */
  async enter(
    client: pg.Client,
    purpose: string,
    { writes = false, snapshot = false, asyncCommit = false, query = '' } = {},
  ): Promise<pg.QueryResult | undefined> {
    const results: unknown =
      await client.query(`begin isolation level ${snapshot ? 'repeatable read' : 'read committed'};
      set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_bitmapscan = off; set local enable_sort = off;
      ${asyncCommit ? 'set local synchronous_commit = off;' : ''}
      select tenancy.enter_for_move('${this.move.tenantId}', '${this.move.id}', 'move ${this.move.id}: ${purpose}');
      ${writes ? 'set constraints all deferred;' : ''}
      ${query}`)
    return Array.isArray(results) ? (results as pg.QueryResult[]).at(-1) : undefined
  }

  /**
   * Checks whether the run may continue. Called between pieces of work.
   * @throws WorkerStopping when the worker stops, MoveAborted when an operator has aborted the
   *   move.
   */
  async checkpoint(): Promise<void> {
    if (this.stopping.aborted) throw new WorkerStopping()
    if (Date.now() - this.#checkedAt < statusIntervalMs) return
    this.#checkedAt = Date.now()
    const { abortBy } = await readMove(this.tenancy, this.move.id)
    if (abortBy !== null && this.move.state !== 'aborting')
      throw new MoveAborted(`aborted by ${abortBy}`)
  }

  /** Reports what the worker is doing. An unchanged text is written at most every 400 ms. */
  async setStatus(detail: string, changes: Partial<Move> = {}): Promise<void> {
    if (detail === this.move.statusDetail && Date.now() - this.#statusAt < statusIntervalMs) return
    this.#statusAt = Date.now()
    this.move.statusDetail = detail
    await updateMove(this.tenancy, this.move.id, {
      ...changes,
      statusDetail: detail,
      retryError: null,
    })
  }

  event = (event: MoveEventName, detail = '', facts: EventFacts = {}): Promise<void> =>
    addEvent(this.tenancy, this.move.id, { event, detail, ...facts })

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping }).catch(() => {}) // the checkpoint throws then
    await this.checkpoint()
  }

  /** Closes the connections to both ends. They are reopened when needed. */
  async releaseConnections(): Promise<void> {
    const opened = [...this.#opened.values()]
    this.#opened.clear()
    for (const one of await Promise.allSettled(opened))
      if (one.status === 'fulfilled') drop(one.value.client)
  }

  /**
   * Ends this run for good. Work that missed its deadline may still be running, and a connection
   * that it opened now would hold a lock on the target and block the next run.
   */
  async close(): Promise<void> {
    this.#closed = true
    await this.releaseConnections()
  }

  async #client(side: MoveSide): Promise<pg.Client> {
    if (this.#closed) throw new RunClosed()
    const known = this.#opened.get(side) ?? this.#open(side)
    this.#opened.set(side, known)
    known.catch(() => this.#opened.delete(side))
    return (await known).client
  }

  async #open(side: MoveSide): Promise<Opened> {
    const location = await this.locationOf(side)
    const client = await openConnection(this.tenancy, location, this.applicationName)
    try {
      await lockVersion(client, location.schema)
      if (side === 'target')
        await client.query(
          `set lock_timeout = ${timings.moveTargetLockWait}; select pg_advisory_lock(${lockKey('moveTarget', this.move.id)}); set lock_timeout = 0`,
        )
      await this.#monitor(location, client)
      return { location, client }
    } catch (error) {
      drop(client)
      throw error
    }
  }

  /** Pings the server during long work: TCP alone takes minutes to notice a network failure. */
  async #monitor(location: Location, client: pg.Client): Promise<void> {
    const probe = await openConnection(this.tenancy, location, `${this.applicationName}, probe`)
    const interval = setInterval(() => {
      const timeout = setTimeout(() => (drop(probe), drop(client)), timings.probeAnswer)
      probe.query('select').then(
        () => clearTimeout(timeout),
        () => (clearTimeout(timeout), drop(client)),
      )
    }, timings.probeInterval).unref()
    client.once('end', () => {
      clearInterval(interval)
      drop(probe)
    })
  }
}

/**
 * Checks that both ends have the same migrations.
 * @throws VersionsDiffer
 */
export function assertSameVersion(source: string[], target: string[]): void {
  const missingInTarget = source.find((tag) => !target.includes(tag))
  const missingInSource = target.find((tag) => !source.includes(tag))
  if (missingInTarget !== undefined) throw new VersionsDiffer(missingInTarget, 'target')
  if (missingInSource !== undefined) throw new VersionsDiffer(missingInSource, 'source')
}

export const isShared = (end: MoveEnd): boolean => end.kind === 'shared'
