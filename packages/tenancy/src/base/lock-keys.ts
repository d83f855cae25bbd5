import pg from 'pg'

/**
 * The numbers of the engine's advisory locks, in TypeScript and in SQL: no two kinds share one.
 * Those of `setup` and `audit` are keys. Of the others each is the seed with which an id is hashed
 * to a key, as `lockKey` does.
 */
export const lockNumbers = {
  /** The setup of a server: one at a time, in the database `postgres`. */
  setup: 7236114,
  /** A tenant's fence: its transactions share it, a switch takes it alone. `tenancy.lock_key()`. */
  tenant: 7236115,
  /** A migration target: moves share it, a migration takes it alone. `tenancy.target_key()`. */
  target: 7236116,
  /** The worker that runs a tenant's move. The id is the tenant's. */
  moveWorker: 7236117,
  /** A new row of the audit trail, so that its chain has no forks. */
  audit: 7236118,
  /** The target of a move, which a run that has died may still be writing to. The id is the move's. */
  moveTarget: 7236119,
} as const

/**
 * @param id - What the lock is for, such as a tenant id or a schema.
 * @returns The key as an SQL expression.
 */
export const lockKey = (
  kind: Exclude<keyof typeof lockNumbers, 'setup' | 'audit'>,
  id: string,
): string => `hashtextextended(${pg.escapeLiteral(id)}, ${lockNumbers[kind]})`
