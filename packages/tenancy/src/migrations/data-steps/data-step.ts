import { type TenantTx } from '#tenancy/base/tenant-tx'

/** A data change that belongs to a migration and runs in every tenant. */
export type DataStep = {
  name: string
  about: string
  /** A migration of the tenant history that must be applied first. */
  needs?: string
  /**
   * Changes one batch of rows in a short transaction. After a crash it may run again for the same
   * batch, and must then change nothing.
   *
   * @param after - The cursor of the previous batch. Null for the first.
   * @returns The next cursor, or null at the end, and the number of changed rows.
   */
  batch: (tx: TenantTx, after: string | null) => Promise<{ cursor: string | null; rows: number }>
}
