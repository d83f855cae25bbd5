import type pg from 'pg'
import { timings } from '#tenancy/base/timings'
import { createPool } from '#tenancy/base/database-client'
import { sharedLoginOptions } from '#tenancy/base/session-settings'
import { pipelineOf } from '#tenancy/base/pipeline/choose'
import { loginUrl, stateOf, type Tenancy } from '#tenancy/base/tenancy'
import { TooBusy } from '#tenancy/base/errors'

/** A connection in use. `release()` returns it to its pool, `release(error)` closes it. */
export type Lease = { client: pg.PoolClient; release: (error?: Error) => void }

type PoolState = { pool: pg.Pool; inUse: number; closing: number; usedAt: number }
type Waiter = { url: string; resolve: (state: PoolState) => void }

const idleSeconds = 30

/**
 * One pool per connection string, with a common limit of `budget` connections. When a pool needs
 * another connection and the limit is reached, the one that has been idle for longest is closed.
 * Waiters are served in order of arrival.
 */
export class Pools {
  readonly #pools = new Map<string, PoolState>()
  readonly #waiting: Waiter[] = []
  #useCount = 0

  readonly budget: number
  readonly waitMs: number
  readonly #pipelined: boolean
  readonly #sessionOptions: (url: string) => readonly string[]
  constructor(
    budget: number,
    {
      waitMs = timings.poolWait,
      pipelined = true,
      sessionOptions = () => [],
    }: {
      waitMs?: number
      pipelined?: boolean
      /** See `PoolConfig`. */
      sessionOptions?: (url: string) => readonly string[]
    } = {},
  ) {
    this.budget = budget
    this.waitMs = waitMs
    this.#pipelined = pipelined
    this.#sessionOptions = sessionOptions
  }

  /**
   * Takes a connection, which the caller has to release.
   * @param url - The connection string.
   * @returns The connection.
   * @throws TooBusy when none becomes free within `waitMs`.
   */
  async lease(url: string): Promise<Lease> {
    const state = await this.#acquire(url)
    try {
      const client = await state.pool.connect()
      let open = true
      return {
        client,
        release: (error) => {
          if (!open) return
          open = false
          client.release(error)
          this.#leave(state)
        },
      }
    } catch (error) {
      this.#leave(state)
      throw error
    }
  }

  /**
   * Opens connections in advance, within the budget.
   * @param url - The connection string.
   * @param count - How many connections at most.
   * @param prepare - SQL that runs on each.
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
    return [...this.#pools.values()].reduce((sum, state) => sum + size(state), 0)
  }

  /** Closes the connections of one connection string, because its login or database was dropped. */
  async close(url: string): Promise<void> {
    const state = this.#pools.get(url)
    if (!state) return
    this.#pools.delete(url)
    await state.pool.end()
  }

  /** Closes all connections. */
  async end(): Promise<void> {
    await Promise.all([...this.#pools.keys()].map((url) => this.close(url)))
  }

  #acquire(url: string): Promise<PoolState> {
    const free = this.#waiting.length === 0 && this.#take(url)
    if (free) return Promise.resolve(free)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { url, resolve: (state) => (clearTimeout(timer), resolve(state)) }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(new TooBusy('database_connections', this.budget, 1))
      }, this.waitMs)
      this.#waiting.push(waiter)
      this.#serve()
    })
  }

  #take(url: string): PoolState | undefined {
    const known = this.#pools.get(url)
    const grows = !known || known.inUse + 1 > size(known)
    if (grows && this.open >= this.budget && !this.#closeIdlest(url)) return undefined
    const state = known ?? this.#open(url)
    state.inUse++
    state.usedAt = ++this.#useCount
    return state
  }

  #leave(state: PoolState): void {
    state.inUse--
    this.#serve()
  }

  /** In order of arrival; but a waiter whose pool has an idle connection does not wait for others. */
  #serve(): void {
    for (let i = 0; i < this.#waiting.length;) {
      const waiter = this.#waiting[i]
      const state = waiter && this.#take(waiter.url)
      if (waiter && state) {
        this.#waiting.splice(i, 1)
        waiter.resolve(state)
      } else i++
    }
  }

  #closeIdlest(except: string): boolean {
    const idle = [...this.#pools].filter(
      ([url, state]) => url !== except && size(state) > state.inUse,
    )
    const [found] = idle.sort(([, a], [, b]) => a.usedAt - b.usedAt)
    if (!found) return false
    const [url, state] = found
    if (state.inUse === 0) {
      this.#pools.delete(url)
      state.pool.end().catch(() => {}) // its connections are broken or already closing
    } else {
      state.closing++
      state.pool
        .connect()
        .then(
          (client) => client.release(true),
          () => {},
        )
        .finally(() => state.closing--)
    }
    return true
  }

  #open(url: string): PoolState {
    const pool = createPool({
      connectionString: url,
      pipeline: this.#pipelined,
      sessionOptions: this.#sessionOptions(url),
      max: this.budget,
      idleTimeoutMillis: idleSeconds * 1000,
      maxLifetimeSeconds: 600,
      waitMs: this.waitMs,
      keepAlive: true,
      application_name: 'rowhouse',
      allowExitOnIdle: true,
    })
    ignoreConnectionErrors(pool)
    const state: PoolState = { pool, inUse: 0, closing: 0, usedAt: 0 }
    this.#pools.set(url, state)
    return state
  }
}

/**
 * Keeps the process alive when the server closes a connection. The pool handles errors of idle
 * connections and a lease those of connections in use, but nothing handles errors between opening
 * and checkout, or inside a Drizzle transaction.
 */
function ignoreConnectionErrors(pool: pg.Pool): void {
  pool.on('error', () => {}) // the pool has dropped it
  // the current query rejects with it
  pool.on('connect', (client) => void client.on('error', () => {}))
}

const size = (state: PoolState) => Math.max(state.pool.totalCount - state.closing, state.inUse)

/**
 * The pools of tenant connections, with `connections` of the configuration as their limit.
 * @param tenancy - The instance.
 * @returns The pools of the instance.
 */
export const tenantPools = stateOf(
  'tenant pools',
  (tenancy) =>
    new Pools(tenancy.config.connections, {
      pipelined: pipelineOf(tenancy).name === 'pipelined',
      // a dedicated login is one tenant's alone, and a URL with its own options keeps them
      sessionOptions: (url) =>
        url === loginUrl(tenancy, 'tenant') && !new URL(url).searchParams.has('options')
          ? sharedLoginOptions
          : [],
    }),
)

/**
 * The pool of the platform login, for the registry and the app's tables in the main database.
 * @param tenancy - The instance.
 * @returns The pool of the instance.
 */
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
  ignoreConnectionErrors(pool)
  return pool
})

/**
 * Closes all pooled connections of an instance. The next use opens new ones.
 * @param tenancy - The instance.
 */
export async function closePools(tenancy: Tenancy): Promise<void> {
  const open = [tenantPools, platformPool]
    .filter(({ stateName }) => tenancy.state.has(stateName))
    .map((pool) => pool(tenancy))
  for (const { stateName } of [tenantPools, platformPool]) tenancy.state.delete(stateName)
  await Promise.all(open.map((pool) => pool.end()))
}
