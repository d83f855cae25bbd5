import { stateOf } from '#tenancy/base/tenancy'
import { timings } from '#tenancy/base/timings'
import { TooBusy } from '#tenancy/base/errors'

type Queue = { inside: number; waiting: { enter: () => void; limit: number }[] }

/**
 * One queue per tenant in front of the connections. A tenant runs no more transactions at a time
 * than its limit, which leaves the rest of the pool to other tenants. A caller is refused when the
 * queue is full or the wait takes too long.
 */
export class TenantQueues {
  readonly #queues = new Map<string, Queue>()
  readonly waitMs: number
  readonly waitersPerSlot: number
  constructor(waitMs: number = timings.tenantQueueWait, waitersPerSlot = 50) {
    this.waitMs = waitMs
    this.waitersPerSlot = waitersPerSlot
  }

  /**
   * Waits for a slot.
   * @param tenantId - The tenant.
   * @param limit - Transactions of the tenant at a time.
   * @returns A function that frees the slot.
   * @throws TooBusy when the queue is full or the wait takes too long.
   */
  async enter(tenantId: string, limit: number): Promise<() => void> {
    const queue = this.#queues.get(tenantId) ?? { inside: 0, waiting: [] }
    this.#queues.set(tenantId, queue)
    if (queue.inside < limit && queue.waiting.length === 0) queue.inside++
    else await this.#wait(queue, limit)
    let freed = false
    return () => {
      if (freed) return
      freed = true
      queue.inside--
      // a waiter keeps the limit that applied when it arrived, which may be lower than the current one
      while (queue.waiting[0] && queue.inside < queue.waiting[0].limit)
        queue.waiting.shift()?.enter()
      if (queue.inside === 0 && queue.waiting.length === 0) this.#queues.delete(tenantId)
    }
  }

  /** How many callers are waiting, over all tenants. */
  get waiting(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.waiting.length, 0)
  }

  #wait(queue: Queue, limit: number): Promise<void> {
    const full = () => new TooBusy('concurrent_transactions', limit, 1)
    if (queue.waiting.length >= limit * this.waitersPerSlot) return Promise.reject(full())
    return new Promise((resolve, reject) => {
      const waiter = {
        limit,
        enter: () => {
          clearTimeout(timer)
          queue.inside++
          resolve()
        },
      }
      const timer = setTimeout(() => {
        queue.waiting.splice(queue.waiting.indexOf(waiter), 1)
        reject(full())
      }, this.waitMs)
      queue.waiting.push(waiter)
    })
  }
}

/** The tenants' queues of an instance. */
export const tenantQueues = stateOf('tenant queues', () => new TenantQueues())
