import { NodePgTransaction, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import { NodePgSession } from 'drizzle-orm/node-postgres/session'
import { PgDialect, type PgTransaction } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import pgUtils from 'pg/lib/utils.js'
import {
  DoorClosed,
  NotAMember,
  NotSignedIn,
  PlacementStale,
  RolledBack,
  TenantMoving,
  TenantSuspended,
  TookTooLong,
} from '#db/errors'
import { ask, fly, FlightFailed, together, type Statement } from '#db/flight'
import { isId } from '#db/id'
import { platformPool } from '#db/pools'
import { forgetPlacement, placementOf, type Placement } from '#db/registry'
import { enterAsSupport } from '#db/console/support-entry'
import { takeTurn } from '#db/limits/turn'
import { countLimit } from '#db/limits/usage'

export type Actor = { id: string | null; name: string }

/**
 * Who comes to the door: a person with a session, a program with a member's API key, an operator
 * who was let in as support, or the worker with a reason.
 */
export type Caller =
  | { kind: 'session'; token: string; tenantId: string; actor: Actor }
  | { kind: 'key'; key: string; tenantId: string; actor: Actor }
  | { kind: 'support'; token: string; tenantId: string; actor: Actor; what: string }
  | { kind: 'service'; tenantId: string; reason: string }

declare const passed: unique symbol

/**
 * A transaction that has passed the door of one tenant. Nothing else reads or writes tenant tables.
 */
export type TenantTx = PgTransaction<
  NodePgQueryResultHKT,
  Record<string, never>,
  Record<string, never>
> & {
  readonly tenantId: string
  readonly actor: Actor
  readonly [passed]: true
}

type Query<T> = { execute(): Promise<T> }
type Results<Q extends readonly Query<unknown>[]> = {
  [K in keyof Q]: Q[K] extends Query<infer T> ? T : never
}

const dialect = new PgDialect()
const cleaning = 'reset all; deallocate all; close all; unlisten *; select pg_advisory_unlock_all()'
const movingMs = 5000

/**
 * The only way to tenant data: runs `work` in one short transaction, sealed to the caller's tenant,
 * and commits it.
 *
 * In: who comes, and what to do with the transaction. Out: what `work` returns, after the commit.
 * `work` may run twice, when the tenant has moved meanwhile: it must do nothing but database work,
 * and never wait for a network or a slow reader. Throws NotSignedIn, NotAMember, TenantNotFound,
 * TenantSuspended, TenantMoving, TooBusy, TookTooLong, RolledBack, or what `work` throws.
 */
export function withTenant<T>(caller: Caller, work: (tx: TenantTx) => Promise<T>): Promise<T> {
  return admitted(caller, async (scope) => {
    const result = await work(transaction(scope, caller))
    scope.close()
    return result
  })
}

/**
 * The same for reads and writes that are all known up front: context, queries and commit travel in
 * one flight. In: a function that returns the queries, none of which may depend on another's
 * result. Out: their results, in order.
 */
export function tenantBatch<const Q extends readonly Query<unknown>[]>(
  caller: Caller,
  build: (tx: TenantTx) => Q,
): Promise<Results<Q>> {
  return admitted(
    caller,
    async (scope) => {
      const queries = build(transaction(scope, caller))
      const running = queries.map((query) => query.execute())
      // a query that never reached the wire (a value that could not be serialised) must not be left
      // out of a commit
      if (scope.submitted === queries.length) void scope.finish()
      else scope.abandon()
      const results = await Promise.all(running)
      scope.close()
      return results as Results<Q>
    },
    true,
  )
}

type Held = {
  statement: Statement
  resolve: (result: pg.QueryResult) => void
  reject: (error: Error) => void
}

/**
 * What `work` holds: a connection for the length of one transaction, extended protocol only,
 * nothing named. With an entry it holds its queries back, and they leave with the entry in one
 * flight.
 */
class Scope {
  submitted = 0
  cleaned: Promise<unknown> | undefined
  #ended: Promise<void> | undefined
  #open = true
  readonly #held: Held[] = []
  readonly client: pg.PoolClient
  readonly entry: Statement | undefined
  constructor(client: pg.PoolClient, entry?: Statement) {
    this.client = client
    this.entry = entry
  }

  query(config: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    const { text, ...rest } = typeof config === 'string' ? { text: config } : config
    if (!this.#open || this.#ended) return Promise.reject(new DoorClosed(text))
    if ('name' in rest && rest.name !== undefined)
      return Promise.reject(new TypeError('named statements are refused on tenant connections'))
    const statement: Statement = { ...rest, text }
    try {
      // a value that pg could not send would fail after the count, and a batch's commit would save
      // the rest
      statement.values = (values ?? []).map((value) => pgUtils.prepareValue(value))
    } catch (error) {
      return Promise.reject(error as Error)
    }
    this.submitted++
    if (!this.entry) return ask(this.client, statement)
    return new Promise((resolve, reject) => this.#held.push({ statement, resolve, reject }))
  }

  close(): void {
    this.#open = false
  }

  /** Queries that were held back are not sent: one of them is missing. */
  abandon(): void {
    if (this.entry)
      for (const { statement, reject } of this.#held) reject(new DoorClosed(statement.text))
  }

  /**
   * Commit, or the flight with its own commit, and the cleaning behind it, in one message. Rejects
   * when nothing was committed.
   */
  finish(): Promise<void> {
    this.#ended ??= together(this.client, () => {
      const ended = this.entry ? this.#fly(this.entry) : this.#commit()
      void this.#clean(cleaning)
      return ended
    })
    this.#ended.catch(() => {}) // awaited where the transaction ends
    return this.#ended
  }

  /**
   * Rolls back what was not finished, and says when nothing of this transaction is left on the
   * connection.
   */
  leave(): Promise<unknown> {
    return this.cleaned ?? this.#clean(`rollback; ${cleaning}`)
  }

  #clean(how: string): Promise<unknown> {
    this.cleaned = this.client.query(how).then(() => {
      if (statusOf(this.client) !== 'I') throw new RolledBack()
    })
    this.cleaned.catch(() => {}) // awaited where the connection is released
    return this.cleaned
  }

  async #commit(): Promise<void> {
    const ended = await this.client.query('commit')
    if (ended.command !== 'COMMIT') throw new RolledBack()
  }

  async #fly(entry: Statement): Promise<void> {
    const landing = fly(this.client, [entry, ...this.#held.map(({ statement }) => statement)])
    try {
      const [, ...results] = await landing
      if (statusOf(this.client) !== 'I') throw new RolledBack()
      for (const [i, { resolve }] of this.#held.entries()) resolve(results[i] as pg.QueryResult)
    } catch (error) {
      const cause = error instanceof FlightFailed ? error.cause : (error as Error)
      // first the one at fault, whose text belongs to the error
      if (error instanceof FlightFailed) this.#held[error.at - 1]?.reject(cause)
      for (const { reject } of this.#held) reject(cause)
      throw cause
    }
  }
}

const statusOf = (client: pg.PoolClient) =>
  (client as unknown as { getTransactionStatus: () => string | null }).getTransactionStatus()

function transaction(scope: Scope, caller: Caller): TenantTx {
  const session = new NodePgSession<Record<string, never>, Record<string, never>>(
    scope as unknown as pg.PoolClient,
    dialect,
    undefined,
  )
  const tx = new NodePgTransaction(dialect, session, undefined, 0)
  const actor = caller.kind === 'service' ? { id: null, name: caller.reason } : caller.actor
  return Object.assign(tx, { tenantId: caller.tenantId, actor }) as unknown as TenantTx
}

async function admitted<T>(
  caller: Caller,
  inside: (scope: Scope) => Promise<T>,
  whole = false,
): Promise<T> {
  if (!isId(caller.tenantId)) throw new NotAMember(String(caller.tenantId))
  const started = performance.now()
  for (let tries = 0; ; tries++) {
    const placement = await placementOf(caller.tenantId)
    try {
      return await attempt(caller, placement, inside, whole)
    } catch (error) {
      if (!(error instanceof PlacementStale) && !placeIsGone(error, placement)) throw error
      forgetPlacement(caller.tenantId)
      const waited = Math.round(performance.now() - started)
      if (waited > movingMs) throw new TenantMoving(caller.tenantId, waited)
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20))
    }
  }
}

/**
 * The database or login of a placement that was cached is no longer there: the tenant has moved,
 * and its old place was cleaned.
 */
const placeIsGone = (error: unknown, { login }: Placement) =>
  login !== null &&
  error instanceof Error &&
  'code' in error &&
  ['3D000', '28P01', '28000'].includes(String(error.code))

async function attempt<T>(
  caller: Caller,
  placement: Placement,
  inside: (scope: Scope) => Promise<T>,
  whole: boolean,
): Promise<T> {
  const turn = await takeTurn(caller, placement)
  const { client, statementMs } = turn
  let broken: Error | undefined
  const onError = (error: Error) => void (broken ??= error)
  client.on('error', onError)
  const flies =
    whole && placement.login === null && (caller.kind === 'session' || caller.kind === 'key')
  const scope = new Scope(client, flies ? entryOf(caller, placement, statementMs) : undefined)
  const entered = flies ? Promise.resolve() : enter(client, caller, placement, statementMs)
  entered.catch(() => {}) // not awaited: the first query travels behind it
  try {
    if (caller.kind === 'support') await entered
    else if (placement.login && caller.kind !== 'service') {
      // not sent where the answer comes in: after a refused entry the connection may be somebody
      // else's by then
      const [, writes] = await Promise.all([entered, mayWrite(caller)])
      if (!writes) await client.query('set transaction read only')
    }
    const result = await inside(scope)
    await scope.finish()
    await entered
    turn.over()
    return result
  } catch (error) {
    scope.close()
    const cause = (await refusal(entered)) ?? error
    turn.over(cause)
    throw translated(cause, caller, placement, statementMs)
  } finally {
    // the caller does not wait for the cleaning, but the connection does
    scope
      .leave()
      .catch((failure: Error) => (broken ??= failure))
      .finally(() => {
        client.off('error', onError)
        turn.release(broken)
      })
  }
}

function enter(
  client: pg.PoolClient,
  caller: Caller,
  placement: Placement,
  statementMs: number | null,
): Promise<unknown> {
  if (caller.kind === 'support')
    return enterAsSupport(client, caller, placement, Number(statementMs))
  const begin =
    caller.kind === 'service'
      ? `begin; set local search_path = ${placement.schema}, pg_temp`
      : placement.login
        ? `begin; set local statement_timeout = ${Number(statementMs)}`
        : 'begin'
  return Promise.all(
    together(client, () => [
      client.query(begin),
      ask(client, entryOf(caller, placement, statementMs)),
    ]),
  )
}

/** The statement that opens the door. */
function entryOf(
  caller: Exclude<Caller, { kind: 'support' }>,
  { tenantId, epoch, login }: Placement,
  statementMs: number | null,
): Statement {
  const call = (text: string, values: unknown[]): Statement => ({ text, values })
  if (caller.kind === 'service')
    return call('select tenancy.enter_as_service($1, $2, $3)', [tenantId, epoch, caller.reason])
  if (login) return call('select tenancy.enter_own($1, $2)', [tenantId, epoch])
  return caller.kind === 'key'
    ? call('select tenancy.enter_with_key($1, $2, $3, $4)', [
        caller.key,
        tenantId,
        epoch,
        statementMs,
      ])
    : call('select tenancy.enter($1, $2, $3, $4)', [caller.token, tenantId, epoch, statementMs])
}

/**
 * On a login of its own the database knows no session and no key: the platform login checks it, at
 * the same time as the entry. Out: whether whoever comes may write.
 */
async function mayWrite(
  caller: Exclude<Caller, { kind: 'service' | 'support' }>,
): Promise<boolean> {
  const { rows } =
    caller.kind === 'key'
      ? await platformPool().query<{ writes: boolean }>(
          'select writes from tenancy.check_key($1, $2)',
          [caller.key, caller.tenantId],
        )
      : await platformPool().query<{ writes: boolean }>(
          "select role <> 'viewer' as writes from tenancy.check_session($1, $2)",
          [caller.token, caller.tenantId],
        )
  return rows[0]?.writes === true
}

const refusal = (entered: Promise<unknown>) =>
  entered.then(
    () => undefined,
    (error: unknown) => error,
  )

function translated(
  error: unknown,
  caller: Caller,
  placement: Placement,
  statementMs: number | null,
): unknown {
  const cause = error instanceof Error && error.cause ? error.cause : error
  const code =
    typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  switch (code) {
    case 'TN401':
      return new NotSignedIn()
    case 'TN403':
      return new NotAMember(caller.tenantId)
    case 'TN423':
      return new TenantSuspended(caller.tenantId)
    case 'TN409':
      return new PlacementStale(
        caller.tenantId,
        placement.epoch,
        (cause as { detail?: string }).detail ?? 'nothing',
      )
    case '55P03': // in the entry, which waits for a move's lock
    case '57014':
      if (statementMs === null) return error
      countLimit(caller.tenantId, 'statement time')
      return new TookTooLong(statementMs)
    default:
      return error
  }
}
