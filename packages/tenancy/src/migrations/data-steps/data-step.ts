import { type TenantTx } from '#tenancy/base/tenant-tx'

/** A change of data that belongs to a migration and runs in every tenant. */
export type DataStep = {
  name: string
  about: string
  /** A migration of the tenant history that must be applied first. */
  needs?: string
  /**
   * Changes one batch of rows in a short transaction. After a crash it may run twice for the same
   * batch, and must then change nothing more.
   *
   * @param after - The cursor of the previous batch, null for the first.
   * @returns The next cursor, null at the end, and how many rows were changed.
   */
  batch: (tx: TenantTx, after: string | null) => Promise<{ cursor: string | null; rows: number }>
}
