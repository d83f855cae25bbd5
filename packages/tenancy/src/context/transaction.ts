import { drizzle, NodePgTransaction } from 'drizzle-orm/node-postgres'
import { NodePgSession } from 'drizzle-orm/node-postgres/session'
import { PgDialect } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { isService, type Caller, type ServiceCaller } from '#tenancy/base/caller'
import { type Statement } from '#tenancy/base/tenancy'
import type { TenantTx } from '#tenancy/base/tenant-tx'
import type { Scope } from '#tenancy/context/scope'

// The only file that uses private parts of Drizzle: the constructors of its session and its
// transaction. `withPublicApi` uses `transaction()`.

type Run = <T>(
  scope: Scope,
  caller: Caller | ServiceCaller,
  work: (tx: TenantTx) => Promise<T>,
) => Promise<T>

const scopeKey = Symbol.for('rowhouse.scope')
const dialect = new PgDialect()

/** Passes `work` a Drizzle transaction on a connection that is already in a transaction. */
export const withConstructors: Run = (scope, caller, work) => {
  const session = new NodePgSession<Record<string, never>, Record<string, never>>(
    scope as unknown as pg.PoolClient,
    dialect,
    undefined,
  )
  return work(tenantTx(new NodePgTransaction(dialect, session, undefined, 0), scope, caller))
}

/**
 * The same with Drizzle's public API, whose own `begin` and `commit` are not passed on to PostgreSQL.
 */
export const withPublicApi: Run = (scope, caller, work) => {
  let phase: 'begin' | 'work' | 'end' | 'over' = 'begin'
  const none = { rows: [], rowCount: 0, command: '', fields: [], oid: 0 }
  const client = {
    query: (config: string | pg.QueryConfig, values?: unknown[]) => {
      if (phase === 'begin') return Promise.resolve(none)
      const text = typeof config === 'string' ? config : config.text
      if (phase !== 'end' || !/^(commit|rollback)$/.test(text)) return scope.query(config, values)
      phase = 'over'
      return Promise.resolve(none)
    },
  }
  return drizzle(Object.assign(Object.create({}), client) as unknown as pg.Client).transaction(
    async (tx) => {
      phase = 'work'
      try {
        return await work(tenantTx(tx, scope, caller))
      } finally {
        phase = 'end'
      }
    },
  )
}

function tenantTx(tx: object, scope: Scope, caller: Caller | ServiceCaller): TenantTx {
  const actor = isService(caller) ? { id: null, name: caller.reason } : caller.actor
  return Object.assign(tx, {
    tenantId: caller.tenantId,
    actor,
    [scopeKey]: scope,
  }) as unknown as TenantTx
}

/**
 * Records the statements of a tenant transaction, for tests and explain plans.
 * @param tx - The transaction, as `withTenant` passes it.
 * @returns A list to which every later statement is added.
 * @throws TypeError for any other transaction.
 */
export function recordStatements(tx: TenantTx): Statement[] {
  const recorded: Statement[] = []
  const scope = (tx as unknown as Record<symbol, Scope>)[scopeKey]
  if (!scope) throw new TypeError('recordStatements needs a transaction of withTenant')
  scope.onStatement = (statement) => recorded.push(statement)
  return recorded
}
