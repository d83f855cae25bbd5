import type pg from 'pg'
import { acquireSlot } from '#tenancy/admission/slots'
import { isService, type Caller, type ServiceCaller } from '#tenancy/base/caller'
import { pipelineOf } from '#tenancy/base/pipeline/choose'
import { type Entry, type Statement, type Tenancy } from '#tenancy/base/tenancy'
import type { TenantTx } from '#tenancy/base/tenant-tx'
import { Scope } from '#tenancy/context/scope'
import { runWithRetries, type AttemptProgress } from '#tenancy/context/retry'
import { withConstructors, withPublicApi } from '#tenancy/context/transaction'
import { ConfigurationError } from '#tenancy/base/errors'
import { platformPool } from '#tenancy/registry/pools'
import { type Placement } from '#tenancy/registry/placements'
import { translateRefusal } from '#tenancy/context/refusals'

type Query<T> = { execute(): Promise<T> }
type Results<Q extends readonly Query<unknown>[]> = {
  [K in keyof Q]: Q[K] extends Query<infer T> ? T : never
}
type Inside<T> = (tx: TenantTx, scope: Scope) => Promise<T>
type AnyCaller = Caller | ServiceCaller

/**
 * Runs `work` in a short transaction of the caller's tenant and commits it. This and `tenantBatch` are
 * the only ways to tenant data.
 * @param tenancy - The instance.
 * @param caller - Who opens the transaction. The entry of its kind checks its proof in the database.
 * @param work - Receives the transaction. It runs again if the tenant has moved, or if the
 *   connection was ended before the commit, so it must do database work only, and never wait for the
 *   network or a slow reader.
 * @returns What `work` returns, after the commit.
 * @throws NotSignedIn, NotAMember, TenantNotFound, TenantSuspended, TenantMoving, DedicatedRoleRefused,
 *   TooBusy, TookTooLong, RolledBack, or what `work` throws.
 */
export function withTenant<T>(
  tenancy: Tenancy,
  caller: AnyCaller,
  work: (tx: TenantTx) => Promise<T>,
): Promise<T> {
  return runWithRetries(tenancy, caller, (placement, progress) =>
    attempt({ tenancy, caller, placement, progress }, async (tx, scope) => {
      const result = await work(tx)
      scope.close()
      return result
    }),
  )
}

/**
 * Runs queries in a transaction of the caller's tenant. Entry, queries and commit are sent in one
 * pipeline.
 * @param tenancy - The instance.
 * @param caller - Who opens the transaction.
 * @param build - Returns the queries, none of which may depend on another's result.
 * @returns Their results, in order.
 * @throws As `withTenant` does.
 */
export function tenantBatch<const Q extends readonly Query<unknown>[]>(
  tenancy: Tenancy,
  caller: AnyCaller,
  build: (tx: TenantTx) => Q,
): Promise<Results<Q>> {
  return runWithRetries(tenancy, caller, (placement, progress) =>
    attempt(
      { tenancy, caller, placement, progress },
      async (tx, scope) => {
        const queries = build(tx)
        const before = scope.submitted
        const running = queries.map((query) => query.execute())
        // a batch must not commit without a query whose values could not be serialised; plain queries
        // report that only when all have been answered
        if (scope.submitted - before !== queries.length) scope.rejectQueued()
        else if (scope.pipeline.name === 'pipelined') void scope.finish()
        const results = await Promise.all(running)
        scope.close()
        return results as Results<Q>
      },
      { batch: true },
    ),
  )
}

async function attempt<T>(
  {
    tenancy,
    caller,
    placement,
    progress,
  }: { tenancy: Tenancy; caller: AnyCaller; placement: Placement; progress: AttemptProgress },
  inside: Inside<T>,
  { batch = false } = {},
): Promise<T> {
  const slot = await acquireSlot(tenancy, caller, placement)
  const { client, statementMs } = slot
  const pipeline = pipelineOf(tenancy)
  const entry = isService(caller) ? undefined : entryOf(tenancy, caller)
  const current: Attempt = { tenancy, client, caller, placement, statementMs, entry }
  let broken: Error | undefined
  const onError = (error: Error) => void (broken ??= error)
  client.on('error', onError)
  const pipelined =
    batch && pipeline.runPipelined && placement.login === null && entry && !entry.entered
  const scope = new Scope(client, pipeline, pipelined ? entryStatement(current) : undefined)
  const entered = pipelined ? Promise.resolve(undefined) : enter(current)
  entered.catch(() => {}) // awaited below: the first query is sent without waiting for it
  try {
    const open = pipeline.name === 'pipelined' ? withConstructors : withPublicApi
    const result = await open(scope, caller, async (tx) => {
      if (entry?.entered) await beforeWork(current, tx, entry, await entered)
      else if (entry && placement.login !== null && (await entered)?.writes !== true)
        await pipeline.run(client, 'select tenancy.make_read_only()')
      return inside(tx, scope)
    })
    await scope.finish()
    await entered
    slot.recordUsage()
    return result
  } catch (error) {
    scope.close()
    progress.mayHaveCommitted = scope.mayHaveCommitted
    const cause = (await refusalOf(entered)) ?? error
    const failure = translateRefusal(tenancy, cause, { caller, placement, statementMs })
    slot.recordUsage(failure)
    throw failure
  } finally {
    // the connection is released after the clean-up; the caller does not wait for it
    scope
      .leave()
      .catch((failure: Error) => (broken ??= failure))
      .finally(() => {
        client.off('error', onError)
        slot.release(broken)
      })
  }
}

type Row = Record<string, unknown>
type Attempt = {
  tenancy: Tenancy
  client: pg.PoolClient
  caller: AnyCaller
  placement: Placement
  statementMs: number | null
  entry: Entry | undefined
}

function entryOf({ config }: Tenancy, caller: Caller): Entry {
  const entry = config.entries[caller.kind]
  if (!entry)
    throw new ConfigurationError([
      `there is no entry for callers of kind ${caller.kind}; the configuration has ${Object.keys(config.entries).join(', ')}`,
    ])
  return entry
}

/**
 * Begins the transaction and enters the tenant.
 * @returns The row with which the caller was admitted.
 */
async function enter(current: Attempt): Promise<Row | undefined> {
  const { tenancy, client, caller, placement, statementMs, entry } = current
  const { corked, query, run } = pipelineOf(tenancy)
  const dedicated = placement.login !== null && entry !== undefined
  // an entry with its own statements is checked and committed before the transaction begins
  const first = dedicated && entry.entered ? await check(current, entry) : undefined
  const begin = isService(caller)
    ? `begin; set local search_path = ${placement.schema}, pg_temp`
    : dedicated
      ? `begin; set local statement_timeout = ${Number(statementMs)}`
      : 'begin'
  const entering = Promise.all(
    corked(client, () => [run(client, begin), query(client, entryStatement(current))]),
  )
  if (dedicated && !entry.entered) return (await Promise.all([check(current, entry), entering]))[0]
  const [, result] = await entering
  return first ?? result?.rows[0]
}

/** A dedicated role cannot check a caller's proof: the platform login does. */
async function check({ tenancy, caller }: Attempt, entry: Entry): Promise<Row | undefined> {
  const { text, values } = entry.check(caller as Caller)
  return (await platformPool(tenancy).query<Row>(text, values)).rows[0]
}

function entryStatement({ caller, placement, statementMs, entry }: Attempt): Statement {
  const { tenantId, epoch, login } = placement
  if (isService(caller))
    return {
      text: 'select tenancy.enter_as_service($1, $2, $3)',
      values: [tenantId, epoch, caller.reason],
    }
  if (login !== null || !entry)
    return { text: 'select tenancy.enter_as_dedicated_role($1, $2)', values: [tenantId, epoch] }
  return entry.enter(caller, { tenantId, epoch, statementMs: Number(statementMs) })
}

async function beforeWork(current: Attempt, tx: TenantTx, entry: Entry, row: Row | undefined) {
  if (!row) throw new Error(`the entry of ${current.caller.kind} returned no row`)
  await entry.entered?.(tx, current.caller as Caller, row)
  if (row.writes !== true)
    await pipelineOf(current.tenancy).run(current.client, 'select tenancy.make_read_only()')
}

const refusalOf = (entered: Promise<unknown>) =>
  entered.then(
    () => undefined,
    (error: unknown) => error,
  )
