import { setTimeout as sleep } from 'node:timers/promises'
import { timings } from '#tenancy/base/timings'
import type pg from 'pg'
import { RunClosed, VersionsDiffer } from '#tenancy/moves/errors'
import { lockVersion } from '#tenancy/migrations/version-lock'
import { isSameDatabase, openConnection, resolveEnd, type End } from '#tenancy/moves/move-ends'
import { lockKey } from '#tenancy/base/lock-keys'
import { drop } from '#tenancy/base/connect'
import {
  addEvent,
  updateMove,
  readMove,
  type EventFacts,
  type Move,
} from '#tenancy/moves/move-store'
import { tenantTables, type TenantTable } from '#tenancy/moves/tenant-tables'
import { type MoveEnd, type MoveEventName } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/** The worker was asked to stop: another one goes on from the last chunk. */
export class WorkerStopping extends Error {}
/** The move ends here; the message says by whom or why. */
export class MoveAborted extends Error {}

type Side = 'source' | 'target'
type Opened = { end: End; client: pg.Client }

const statusIntervalMs = 400

/**
 * One run of a move: its row, its connections, and how it tells others where it is. One worker at a
 * time drives a move.
 */
export class MoveRun {
  readonly tenancy: Tenancy
  move: Move
  readonly slug: string
  readonly stopping: AbortSignal
  /**
   * A connection of the worker to the main database, which keeps other workers away from this
   * tenant.
   */
  readonly main: pg.Client
  readonly #opened = new Map<Side, Promise<Opened>>()
  #closed = false
  #checkedAt = Date.now()
  #statusAt = 0

  constructor(tenancy: Tenancy, move: Move, slug: string, main: pg.Client, stopping: AbortSignal) {
    this.tenancy = tenancy
    this.move = move
    this.main = main
    this.slug = slug
    this.stopping = stopping
  }

  get sameDatabase(): boolean {
    return isSameDatabase(this.move.source, this.move.target)
  }

  /**
   * Both ends as connections of the worker. In the main database the target's connection sees the
   * source as well.
   */
  source = (): Promise<pg.Client> => this.#client('source')
  target = (): Promise<pg.Client> => this.#client('target')
  end = (side: Side): Promise<End> => resolveEnd(this.tenancy, this.move.tenantId, this.move[side])

  /**
   * A further connection to one end, which ends with the first: that one is watched over. Whoever
   * asks closes it.
   */
  async connect(side: Side): Promise<pg.Client> {
    const first = await this.#client(side)
    const client = await openConnection(this.tenancy, await this.end(side), this.#applicationName())
    first.once('end', () => drop(client))
    return client
  }

  async tables(): Promise<TenantTable[]> {
    return tenantTables(await this.source(), this.move.source.schema)
  }

  /**
   * Opens a transaction whose signed context is of the tenant of this move. Out: what the statement `and`
   * says, which travels in the same message.
   */
  async enter(
    client: pg.Client,
    what: string,
    { writes = false, snapshot = false, lazily = false } = {},
    and = '',
  ): Promise<pg.QueryResult | undefined> {
    const results: unknown =
      await client.query(`begin isolation level ${snapshot ? 'repeatable read' : 'read committed'};
      set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_bitmapscan = off; set local enable_sort = off;
      ${lazily ? 'set local synchronous_commit = off;' : ''}
      select tenancy.enter_for_move('${this.move.tenantId}', '${this.move.id}', 'move ${this.move.id}: ${what}', ${writes});
      ${and}`)
    return Array.isArray(results) ? (results as pg.QueryResult[]).at(-1) : undefined
  }

  /**
   * Called between pieces of work: ends this run when the worker shall stop or the move was given
   * up.
   */
  async checkpoint(): Promise<void> {
    if (this.stopping.aborted) throw new WorkerStopping()
    if (Date.now() - this.#checkedAt < statusIntervalMs) return
    this.#checkedAt = Date.now()
    const { abortBy } = await readMove(this.tenancy, this.move.id)
    if (abortBy !== null && this.move.state !== 'aborting')
      throw new MoveAborted(`aborted by ${abortBy}`)
  }

  /** Says what is going on now; seen by everybody who looks at the move. */
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
    await sleep(ms, undefined, { signal: this.stopping }).catch(() => {}) // the checkpoint says why
    await this.checkpoint()
  }

  /** Ends what is open to both ends; what is asked for after that is opened anew. */
  async releaseConnections(): Promise<void> {
    const opened = [...this.#opened.values()]
    this.#opened.clear()
    for (const one of await Promise.allSettled(opened))
      if (one.status === 'fulfilled') drop(one.value.client)
  }

  /**
   * Ends this run. Work that was given up as too late may still be at it: a connection that it
   * opened after that would keep its lock on the target, and the next run waiting.
   */
  async close(): Promise<void> {
    this.#closed = true
    await this.releaseConnections()
  }

  #applicationName = () => `rowhouse move of ${this.slug}`

  async #client(side: Side): Promise<pg.Client> {
    if (this.#closed) throw new RunClosed()
    const known = this.#opened.get(side) ?? this.#open(side)
    this.#opened.set(side, known)
    known.catch(() => this.#opened.delete(side))
    return (await known).client
  }

  async #open(side: Side): Promise<Opened> {
    const end = await this.end(side)
    const client = await openConnection(this.tenancy, end, this.#applicationName())
    try {
      await lockVersion(client, end.schema)
      if (side === 'target')
        await client.query(
          `set lock_timeout = ${timings.moveTargetLockWait}; select pg_advisory_lock(${lockKey('moveTarget', this.move.id)}); set lock_timeout = 0`,
        )
      await monitorConnection(this.tenancy, end, client, this.#applicationName())
      return { end, client }
    } catch (error) {
      drop(client)
      throw error
    }
  }
}

/**
 * Asks the server for a sign of life while work is under way; a cut network would otherwise be
 * noticed in minutes.
 */
async function monitorConnection(
  tenancy: Tenancy,
  end: End,
  client: pg.Client,
  who: string,
): Promise<void> {
  const probe = await openConnection(tenancy, end, `${who}, probe`)
  const pulse = setInterval(() => {
    const late = setTimeout(() => (drop(probe), drop(client)), timings.probeAnswer)
    probe.query('select').then(
      () => clearTimeout(late),
      () => (clearTimeout(late), drop(client)),
    )
  }, timings.probeInterval).unref()
  client.once('end', () => {
    clearInterval(pulse)
    drop(probe)
  })
}

/** Which migrations an end has; both must have the same. */
export function assertSameVersion(source: string[], target: string[]): void {
  const [ahead] = source.filter((tag) => !target.includes(tag))
  const [behind] = target.filter((tag) => !source.includes(tag))
  if (ahead !== undefined) throw new VersionsDiffer(ahead, 'target')
  if (behind !== undefined) throw new VersionsDiffer(behind, 'source')
}

export const isShared = (end: MoveEnd): boolean => end.kind === 'shared'
