import type pg from 'pg'
import { timings } from '#tenancy/base/timings'
import { createPool } from '#tenancy/base/database-client'
import { pipelineOf } from '#tenancy/base/pipeline/choose'
import { loginUrl, stateOf, type Tenancy } from '#tenancy/base/tenancy'
import { TooBusy } from '#tenancy/base/errors'

/** A connection in use. `release(error)` gives it back; with an error it is closed instead. */
export type Lease = { client: pg.PoolClient; release: (error?: Error) => void }

type Entry = { pool: pg.Pool; inUse: number; closing: number; usedAt: number }
type Waiter = { url: string; resolve: (entry: Entry) => void }

const idleSeconds = 30

/**
 * One pool per connection string, bounded together: never more than `budget` connections over all,
 * the one idle for longest closed when another pool needs its place, and waiters served in the
 * order in which they came.
 */
export class Pools {
  readonly #entries = new Map<string, Entry>()
  readonly #waiting: Waiter[] = []
  #turn = 0

  readonly budget: number
  readonly waitMs: number
  readonly #pipelined: boolean
  constructor(
    budget: number,
    { waitMs = timings.poolWait, pipelined = true }: { waitMs?: number; pipelined?: boolean } = {},
  ) {
    this.budget = budget
    this.waitMs = waitMs
    this.#pipelined = pipelined
  }

  /**
   * A connection for this string, which the caller gives back. Throws TooBusy when none comes free
   * in `waitMs`.
   */
  async lease(url: string): Promise<Lease> {
    const entry = await this.#place(url)
    try {
      const client = await entry.pool.connect()
      let open = true
      return {
        client,
        release: (error) => {
          if (!open) return
          open = false
          client.release(error)
          this.#leave(entry)
        },
      }
    } catch (error) {
      this.#leave(entry)
      throw error
    }
  }

  /**
   * Opens connections before they are asked for, as far as the budget allows; `prepare` is run on
   * each.
   */
  async warm(url: string, count: number, prepare: string): Promise<void> {
    await Promise.allSettled(
      Array.from({ length: count }, async () => {
        const lease = await this.lease(url)
        await lease.client.query(prepare).then(
          () => lease.release(),
          (error: Error) => lease.release(error),
        )
      }),
    )
  }

  /** How many connections are open or being opened, over all pools. */
  get open(): number {
    return [...this.#entries.values()].reduce((sum, entry) => sum + size(entry), 0)
  }

  /** Closes every connection of one string, when its login or place is gone. */
  async close(url: string): Promise<void> {
    const entry = this.#entries.get(url)
    if (!entry) return
    this.#entries.delete(url)
    await entry.pool.end()
  }

  async end(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((url) => this.close(url)))
  }

  #place(url: string): Promise<Entry> {
    const free = this.#waiting.length === 0 && this.#take(url)
    if (free) return Promise.resolve(free)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { url, resolve: (entry) => (clearTimeout(timer), resolve(entry)) }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(new TooBusy('database connections', this.budget, 1))
      }, this.waitMs)
      this.#waiting.push(waiter)
      this.#serve()
    })
  }

  #take(url: string): Entry | undefined {
    const known = this.#entries.get(url)
    const grows = !known || known.inUse + 1 > size(known)
    if (grows && this.open >= this.budget && !this.#closeIdlest(url)) return undefined
    const entry = known ?? this.#open(url)
    entry.inUse++
    entry.usedAt = ++this.#turn
    return entry
  }

  #leave(entry: Entry): void {
    entry.inUse--
    this.#serve()
  }

  /** First come, first served, except that one whose own pool has an idle connection may pass. */
  #serve(): void {
    for (let i = 0; i < this.#waiting.length;) {
      const waiter = this.#waiting[i]
      const entry = waiter && this.#take(waiter.url)
      if (waiter && entry) {
        this.#waiting.splice(i, 1)
        waiter.resolve(entry)
      } else i++
    }
  }

  #closeIdlest(except: string): boolean {
    const idle = [...this.#entries].filter(
      ([url, entry]) => url !== except && size(entry) > entry.inUse,
    )
    const [found] = idle.sort(([, a], [, b]) => a.usedAt - b.usedAt)
    if (!found) return false
    const [url, entry] = found
    if (entry.inUse === 0) {
      this.#entries.delete(url)
      entry.pool.end().catch(() => {}) // its connections are closing or already broken
    } else {
      entry.closing++
      entry.pool
        .connect()
        .then(
          (client) => client.release(true),
          () => {},
        )
        .finally(() => entry.closing--)
    }
    return true
  }

  #open(url: string): Entry {
    const pool = createPool({
      connectionString: url,
      pipeline: this.#pipelined,
      max: this.budget,
      idleTimeoutMillis: idleSeconds * 1000,
      maxLifetimeSeconds: 600,
      waitMs: this.waitMs,
      keepAlive: true,
      application_name: 'rowhouse',
      allowExitOnIdle: true,
    })
    survive(pool)
    const entry: Entry = { pool, inUse: 0, closing: 0, usedAt: 0 }
    this.#entries.set(url, entry)
    return entry
  }
}

/**
 * A connection that the server ends must not end the process. The pool listens while it is idle and
 * a lease while it is used, but neither from the moment that it opened until somebody has it, nor
 * inside a transaction of Drizzle's.
 */
function survive(pool: pg.Pool): void {
  pool.on('error', () => {}) // the pool has dropped it
  // the query under way rejects with it
  pool.on('connect', (client) => void client.on('error', () => {}))
}

const size = (entry: Entry) => Math.max(entry.pool.totalCount - entry.closing, entry.inUse)

/** The pools of tenant connections, within `connections`. */
export const tenantPools = stateOf(
  'tenant pools',
  (tenancy) =>
    new Pools(tenancy.config.connections, { pipelined: pipelineOf(tenancy).name === 'pipelined' }),
)

/** The pool of the platform login: the registry, and the app's own tables beside it. */
export const platformPool = stateOf('platform pool', (tenancy) => {
  const pool = createPool({
    connectionString: loginUrl(tenancy, 'platform'),
    max: 10,
    idleTimeoutMillis: idleSeconds * 1000,
    waitMs: timings.poolWait,
    answerTimeoutMs: timings.platformAnswer,
    keepAlive: true,
    application_name: 'rowhouse platform',
    allowExitOnIdle: true,
  })
  survive(pool)
  return pool
})

/** Closes every pooled connection of an instance. The next use opens new ones. */
export async function closePools(tenancy: Tenancy): Promise<void> {
  const open = [tenantPools, platformPool]
    .filter(({ stateName }) => tenancy.state.has(stateName))
    .map((pool) => pool(tenancy))
  for (const { stateName } of [tenantPools, platformPool]) tenancy.state.delete(stateName)
  await Promise.all(open.map((pool) => pool.end()))
}
