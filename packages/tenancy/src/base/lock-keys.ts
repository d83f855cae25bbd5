import pg from 'pg'

/**
 * The numbers of the engine's advisory locks, in TypeScript and in SQL. That of `setup` is
 * a lock key. The others are seeds with which `lockKey` hashes an id to a lock key.
 */
export const lockNumbers = {
  /** Setup runs once at a time on a server. Taken in the database `postgres`. */
  setup: 7236114,
  /** A tenant's fence: shared by its transactions, exclusive in a switch. `tenancy.lock_key()`. */
  tenant: 7236115,
  /** A migration target: shared by moves, exclusive in a migration. `tenancy.target_key()`. */
  target: 7236116,
  /** One worker runs a tenant's move at a time. The id is the tenant's. */
  moveWorker: 7236117,
  /** The target of a move, to which a dead run's session may still be writing. The id is the move's. */
  moveTarget: 7236119,
} as const

/**
 * Computes a lock key.
 * @param kind - The kind of lock.
 * @param id - The locked object, such as a tenant id or a schema.
 * @returns The key as an SQL expression.
 */
export const lockKey = (kind: Exclude<keyof typeof lockNumbers, 'setup'>, id: string): string =>
  `hashtextextended(${pg.escapeLiteral(id)}, ${lockNumbers[kind]})`
