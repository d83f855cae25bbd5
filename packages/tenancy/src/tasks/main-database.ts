import type { Tenancy } from '#tenancy/base/tenancy'
import { isTransient } from '#tenancy/base/transient-errors'
import { platformPool } from '#tenancy/registry/pools'

/**
 * Whether a worker can reach the main database. All its tasks fail while it cannot, so only the changes
 * are logged.
 */
export class MainDatabase {
  /** When it was found to be unreachable, by `performance.now()`. */
  #awaySince: number | undefined
  #check: Promise<boolean> | undefined
  readonly tenancy: Tenancy
  constructor(tenancy: Tenancy) {
    this.tenancy = tenancy
  }

  /**
   * Checks whether an error has its cause in the main database being unreachable. Another server may be
   * the cause of a connection error too.
   */
  async causes(error: unknown): Promise<boolean> {
    if (!isTransient(error)) return false
    this.#check ??= this.#isAway().finally(() => (this.#check = undefined))
    return this.#check
  }

  /** Records that a run which began at `began` has succeeded. */
  answered(began: number): void {
    if (this.#awaySince === undefined || began < this.#awaySince) return
    const seconds = Math.round((performance.now() - this.#awaySince) / 1000)
    this.#awaySince = undefined
    this.tenancy.config.logger.info({ seconds }, 'the database answers again')
  }

  async #isAway(): Promise<boolean> {
    const began = performance.now()
    try {
      await platformPool(this.tenancy).query('select')
      this.answered(began)
      return false
    } catch (error) {
      if (this.#awaySince === undefined) {
        this.#awaySince = performance.now()
        this.tenancy.config.logger.error(
          { err: error },
          'the database does not answer; all tasks wait for it',
        )
      }
      return true
    }
  }
}
