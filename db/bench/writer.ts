import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type SQL } from 'drizzle-orm'
import { withTenant, type Caller, type TenantTx } from '#db/door'
import { newId } from '#db/id'

/**
 * The rows that a writer changes, each by the text that it wrote into it last; null for a row that
 * it deleted.
 */
export type Mark = string | null
export type Row = `${'orders' | 'order_lines' | 'order_events' | 'products'}/${string}`

/**
 * What was acknowledged, kept by the one who wrote. `doubtful`: rows of transactions whose end
 * nobody told.
 */
export class Ledger {
  /** The name of this writer's own row in `counters`. */
  readonly counter = `writer ${newId()}`
  readonly rows = new Map<Row, Mark>()
  readonly doubtful = new Map<Row, Mark[]>()
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

type Deed = {
  changes: Map<Row, Mark>
  counts: number
  statements: SQL[]
  done: () => void
  refused: () => void
}
type Order = { id: string; lines: string[]; events: string[] }

/**
 * Writes to one tenant through the door, as a person would, at a rate of so many statements a
 * second, in transactions over several tables: orders with lines and events, changes, deletions,
 * lines that go to another order, article numbers that change hands.
 */
export class Writer {
  readonly ledger = new Ledger()
  readonly caller: Caller
  readonly rate: number
  #orders: Order[] = []
  #products: { id: string; sku: string }[] = []
  #customer = ''
  readonly #firstNumber = 1_000_000 * (1 + Math.floor(Math.random() * 1_000_000))
  #running: Promise<void>[] = []
  #on = false
  #n = 0

  constructor(caller: Caller, rate: number) {
    this.caller = caller
    this.rate = rate
  }

  /** Begins with `seats` transactions side by side. */
  async start(seats = 6): Promise<void> {
    await this.#settleIn()
    this.#on = true
    this.ledger.lastAckAt = performance.now()
    this.#running = Array.from({ length: seats }, (_, seat) => this.#write(seat, seats))
  }

  async stop(): Promise<Ledger> {
    this.#on = false
    await Promise.all(this.#running)
    return this.ledger
  }

  async #settleIn(): Promise<void> {
    await withTenant(this.caller, async (tx) => {
      const found = await tx.execute<{ id: string }>(
        sql`select id from customers where tenant_id = ${tx.tenantId} limit 1`,
      )
      this.#customer = found.rows[0]?.id ?? newId()
      if (!found.rows[0])
        await tx.execute(
          sql`insert into customers (tenant_id, id, name) values (${tx.tenantId}, ${this.#customer}, 'Writer')`,
        )
      await tx.execute(
        sql`insert into counters (tenant_id, name, value) values (${tx.tenantId}, ${this.ledger.counter}, 0)`,
      )
      for (let i = 0; i < 5; i++) {
        const product = { id: newId(), sku: `W-${i}-${newId().slice(-6)}` }
        await tx.execute(
          sql`insert into products (tenant_id, id, sku, name, price_minor) values (${tx.tenantId}, ${product.id}, ${product.sku}, 'm0', 1)`,
        )
        this.#products.push(product)
        this.ledger.rows.set(`products/${product.id}`, 'm0')
      }
    })
  }

  async #write(seat: number, seats: number): Promise<void> {
    let at = performance.now() + (seat * 1000) / this.rate
    while (this.#on) {
      const deed = this.#choose()
      const began = performance.now()
      await this.#attempt(deed)
      // behind schedule, time is not made up for: a pause must not turn into a burst
      at = Math.max(
        at + (deed.statements.length * seats * 1000) / this.rate,
        performance.now() - 200,
      )
      this.ledger.longestMs = Math.max(this.ledger.longestMs, performance.now() - began)
      await sleep(Math.max(0, at - performance.now()))
    }
  }

  async #attempt(deed: Deed): Promise<void> {
    const { ledger } = this
    try {
      await withTenant(this.caller, async (tx) => {
        await Promise.all(deed.statements.map((statement) => tx.execute(statement)))
        return tx.tenantId
      })
      const now = performance.now()
      ledger.longestGapMs = Math.max(ledger.longestGapMs, now - ledger.lastAckAt)
      ledger.lastAckAt = now
      for (const [row, mark] of deed.changes) ledger.rows.set(row, mark)
      ledger.counted += deed.counts
      ledger.writes += deed.statements.length
      ledger.transactions++
      deed.done()
    } catch (error) {
      if (isRefused(error)) {
        ledger.refusals++
        deed.refused()
      } else this.#doubt(deed)
      await sleep(20)
    }
  }

  #doubt(deed: Deed): void {
    this.ledger.doubts++
    this.ledger.maybeCounted += deed.counts
    for (const [row, mark] of deed.changes) {
      const before = this.ledger.rows.get(row)
      this.ledger.doubtful.set(row, [
        ...(this.ledger.doubtful.get(row) ?? []),
        mark,
        before ?? null,
      ])
      this.ledger.rows.delete(row)
    }
  }

  #choose(): Deed {
    const dice = Math.random()
    const order =
      this.#orders.length > 40
        ? this.#orders.splice(Math.floor(Math.random() * this.#orders.length), 1)[0]
        : undefined
    if (!order || dice < 0.3) return this.#create(order)
    if (dice < 0.6) return this.#change(order)
    if (dice < 0.75) return this.#remove(order)
    const other = this.#orders.splice(Math.floor(Math.random() * this.#orders.length), 1)[0]
    if (dice < 0.9 && other) return this.#reparent(order, other)
    if (other) this.#orders.push(other)
    this.#orders.push(order)
    return this.#swap()
  }

  get #tenant(): string {
    return this.caller.tenantId
  }
  #mark = () => `m${++this.#n}`

  #create(kept: Order | undefined): Deed {
    if (kept) this.#orders.push(kept)
    const [t, mark] = [this.#tenant, this.#mark()]
    const event = newId()
    const order: Order = { id: newId(), lines: [newId(), newId()], events: [event] }
    const product = this.#products[0]?.id
    return {
      changes: new Map<Row, Mark>([
        [`orders/${order.id}`, mark],
        ...order.lines.map((id): [Row, Mark] => [`order_lines/${id}`, mark]),
        [`order_events/${event}`, mark],
      ]),
      counts: 1,
      statements: [
        sql`update counters set value = value + 1 where tenant_id = ${t} and name = ${this.ledger.counter}`,
        sql`insert into orders (tenant_id, id, number, customer_id, note) select ${t}, ${order.id}, value + ${this.#firstNumber}, ${this.#customer}, ${mark} from counters where tenant_id = ${t} and name = ${this.ledger.counter}`,
        sql`insert into order_lines (tenant_id, id, order_id, position, product_id, description, quantity, unit_price_minor) values (${t}, ${order.lines[0]}, ${order.id}, 1, ${product}, ${mark}, 1, 1), (${t}, ${order.lines[1]}, ${order.id}, 2, ${product}, ${mark}, 1, 1)`,
        sql`insert into order_events (tenant_id, id, order_id, actor, to_status, reason) values (${t}, ${event}, ${order.id}, 'writer', 'placed', ${mark})`,
      ],
      done: () => void this.#orders.push(order),
      refused: () => {},
    }
  }

  #change(order: Order): Deed {
    const [t, mark, event] = [this.#tenant, this.#mark(), newId()]
    return {
      changes: new Map<Row, Mark>([
        [`orders/${order.id}`, mark],
        [`order_lines/${order.lines[0]}`, mark],
        [`order_events/${event}`, mark],
      ]),
      counts: 0,
      statements: [
        sql`update orders set note = ${mark}, version = version + 1 where tenant_id = ${t} and id = ${order.id}`,
        sql`update order_lines set description = ${mark} where tenant_id = ${t} and id = ${order.lines[0]}`,
        sql`insert into order_events (tenant_id, id, order_id, actor, to_status, reason) values (${t}, ${event}, ${order.id}, 'writer', 'paid', ${mark})`,
      ],
      done: () => void this.#orders.push({ ...order, events: [...order.events, event] }),
      refused: () => void this.#orders.push(order),
    }
  }

  #remove(order: Order): Deed {
    const gone: Row[] = [
      `orders/${order.id}`,
      ...order.lines.map((id): Row => `order_lines/${id}`),
      ...order.events.map((id): Row => `order_events/${id}`),
    ]
    return {
      changes: new Map(gone.map((row): [Row, Mark] => [row, null])),
      counts: 0,
      // lines and events go with it
      statements: [sql`delete from orders where tenant_id = ${this.#tenant} and id = ${order.id}`],
      done: () => {},
      refused: () => void this.#orders.push(order),
    }
  }

  #reparent(order: Order, other: Order): Deed {
    const [t, mark, line] = [this.#tenant, this.#mark(), order.lines.at(-1)]
    if (order.lines.length < 2) {
      this.#orders.push(other)
      return this.#change(order)
    }
    return {
      changes: new Map<Row, Mark>([[`order_lines/${line}`, mark]]),
      counts: 0,
      statements: [
        sql`update order_lines set order_id = ${other.id}, description = ${mark} where tenant_id = ${t} and id = ${line}`,
      ],
      done: () =>
        void this.#orders.push(
          { ...order, lines: order.lines.slice(0, -1) },
          { ...other, lines: [...other.lines, line ?? ''] },
        ),
      refused: () => void this.#orders.push(order, other),
    }
  }

  /**
   * An article number goes from one product to a new one: between the two, no copy may have both.
   */
  #swap(): Deed {
    const [t, mark, fresh] = [this.#tenant, this.#mark(), newId()]
    const index = 1 + Math.floor(Math.random() * (this.#products.length - 1))
    const [old] = this.#products.splice(index, 1)
    if (!old) return this.#create(undefined)
    return {
      changes: new Map<Row, Mark>([
        [`products/${old.id}`, mark],
        [`products/${fresh}`, mark],
      ]),
      counts: 0,
      statements: [
        sql`update products set sku = ${`${old.sku.slice(0, 20)}-${mark}`}, name = ${mark} where tenant_id = ${t} and id = ${old.id}`,
        sql`insert into products (tenant_id, id, sku, name, price_minor) values (${t}, ${fresh}, ${old.sku}, ${mark}, 1)`,
      ],
      done: () => void this.#products.push({ id: fresh, sku: old.sku }),
      refused: () => void this.#products.push(old),
    }
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

/** A transaction that is left open, for tests of what waits for it. */
export const holdOpen = (caller: Caller, ms: number): Promise<void> =>
  withTenant(caller, async (tx: TenantTx) => {
    await tx.execute(sql`select pg_sleep(${ms / 1000})`)
  })
