import { setTimeout as sleep } from 'node:timers/promises'

type Item<T> = { value: T; tries: number; notBefore: number }

/**
 * What is left to do. An item that was put back comes again after its pause; nobody waits for it
 * meanwhile.
 */
export class Queue<T> {
  readonly #items: Item<T>[]
  #out = 0
  #stopped = false
  constructor(values: T[]) {
    this.#items = values.map((value) => ({ value, tries: 0, notBefore: 0 }))
  }

  /** The next item, or nothing when all is done. */
  async take(): Promise<Item<T> | undefined> {
    while (!this.#stopped) {
      const now = Date.now()
      const at = this.#items.findIndex(({ notBefore }) => notBefore <= now)
      const [item] = at < 0 ? [] : this.#items.splice(at, 1)
      if (item) {
        this.#out++
        item.tries++
        return item
      }
      if (this.#items.length === 0 && this.#out === 0) return undefined
      await sleep(Math.min(50, Math.max(1, ...this.#items.map(({ notBefore }) => notBefore - now))))
    }
    return undefined
  }

  finished(): void {
    this.#out--
  }

  putBack(item: Item<T>, pauseMs: number): void {
    this.#out--
    this.#items.push({ ...item, notBefore: Date.now() + pauseMs })
  }

  /** Gives out nothing more. What is out goes on. */
  stop(): void {
    this.#stopped = true
  }

  get stopped(): boolean {
    return this.#stopped
  }
}
