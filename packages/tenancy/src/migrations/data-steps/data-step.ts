import { type TenantTx } from '#tenancy/base/tenant-tx'

/**
 * A change of data that goes with a migration, run in a transaction of every tenant. `batch` does
 * one part in a short transaction: in, where the last one ended (null at first); out, where this
 * one ended (null when nothing is left) and how many rows it changed. It may run twice on the same
 * part, after a crash, and must then change nothing more.
 */
export type DataStep = {
  name: string
  about: string
  /** a migration of the tenant history that has to be there first */
  needs?: string
  batch: (tx: TenantTx, after: string | null) => Promise<{ cursor: string | null; rows: number }>
}
