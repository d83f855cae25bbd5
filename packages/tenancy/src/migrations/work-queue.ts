import { setTimeout as sleep } from 'node:timers/promises'

type Item<T> = { value: T; tries: number; notBefore: number }

/** A queue for several workers. An item that is put back becomes available after a pause. */
export class WorkQueue<T> {
  readonly #items: Item<T>[]
  #taken = 0
  #stopped = false
  constructor(values: T[]) {
    this.#items = values.map((value) => ({ value, tries: 0, notBefore: 0 }))
  }

  /** Waits for the next item. Resolves to undefined once every item is finished. */
  async take(): Promise<Item<T> | undefined> {
    while (!this.#stopped) {
      const now = Date.now()
      const at = this.#items.findIndex(({ notBefore }) => notBefore <= now)
      const [item] = at < 0 ? [] : this.#items.splice(at, 1)
      if (item) {
        this.#taken++
        item.tries++
        return item
      }
      if (this.#items.length === 0 && this.#taken === 0) return undefined
      await sleep(Math.min(50, Math.max(1, ...this.#items.map(({ notBefore }) => notBefore - now))))
    }
    return undefined
  }

  finished(): void {
    this.#taken--
  }

  putBack(item: Item<T>, pauseMs: number): void {
    this.#taken--
    this.#items.push({ ...item, notBefore: Date.now() + pauseMs })
  }

  /** Hands out no more items. Those already taken are not interrupted. */
  stop(): void {
    this.#stopped = true
  }

  get stopped(): boolean {
    return this.#stopped
  }
}
