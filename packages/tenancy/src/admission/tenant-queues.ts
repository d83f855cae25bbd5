import { stateOf } from '#tenancy/base/tenancy'
import { timings } from '#tenancy/base/timings'
import { TooBusy } from '#tenancy/base/errors'

type Line = { inside: number; waiting: { enter: () => void; limit: number }[] }

/**
 * A queue of each tenant's own in front of the connections: no more than its limit are inside at a
 * time, so that the rest of the pool is always left to others. Whoever would wait behind too many,
 * or has waited too long, is turned away.
 */
export class TenantQueues {
  readonly #lines = new Map<string, Line>()
  readonly waitMs: number
  readonly waitersPerSlot: number
  constructor(waitMs: number = timings.tenantQueueWait, waitersPerSlot = 50) {
    this.waitMs = waitMs
    this.waitersPerSlot = waitersPerSlot
  }

  /** Out: a function that leaves again. Throws TooBusy. */
  async enter(tenantId: string, limit: number): Promise<() => void> {
    const line = this.#lines.get(tenantId) ?? { inside: 0, waiting: [] }
    this.#lines.set(tenantId, line)
    if (line.inside < limit && line.waiting.length === 0) line.inside++
    else await this.#wait(line, limit)
    let left = false
    return () => {
      if (left) return
      left = true
      line.inside--
      // whoever waits goes by the limit that held when they came, which may be lower than that of
      // those inside
      while (line.waiting[0] && line.inside < line.waiting[0].limit) line.waiting.shift()?.enter()
      if (line.inside === 0 && line.waiting.length === 0) this.#lines.delete(tenantId)
    }
  }

  get waiting(): number {
    return [...this.#lines.values()].reduce((sum, line) => sum + line.waiting.length, 0)
  }

  #wait(line: Line, limit: number): Promise<void> {
    const full = () => new TooBusy('transactions at a time', limit, 1)
    if (line.waiting.length >= limit * this.waitersPerSlot) return Promise.reject(full())
    return new Promise((resolve, reject) => {
      const waiter = {
        limit,
        enter: () => {
          clearTimeout(timer)
          line.inside++
          resolve()
        },
      }
      const timer = setTimeout(() => {
        line.waiting.splice(line.waiting.indexOf(waiter), 1)
        reject(full())
      }, this.waitMs)
      line.waiting.push(waiter)
    })
  }
}

/** The queues of an instance. */
export const tenantQueues = stateOf('tenant queues', () => new TenantQueues())
