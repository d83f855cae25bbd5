/** What a tenant uses. Times in milliseconds. */
export type Usage = {
  requests: number
  transactions: number
  errors: number
  databaseMs: number
  waitMs: number
  limitsHit: number
}
export const nothing = (): Usage => ({
  requests: 0,
  transactions: 0,
  errors: 0,
  databaseMs: 0,
  waitMs: 0,
  limitsHit: 0,
})
export const usageNames = Object.keys(nothing()) as (keyof Usage)[]

type Tallies = {
  pending: Map<string, Usage>
  total: Map<string, Usage>
  all: Usage
  limits: Map<string, number>
}
const held = globalThis as typeof globalThis & { rowhouseUsage?: Tallies }
const tallies = (): Tallies =>
  (held.rowhouseUsage ??= {
    pending: new Map(),
    total: new Map(),
    all: nothing(),
    limits: new Map(),
  })

/** Adds to what a tenant used. In memory: a batch of it goes to the database now and then. */
export function count(tenantId: string, used: Partial<Usage>): void {
  const { pending, total, all } = tallies()
  for (const sum of [entry(pending, tenantId), entry(total, tenantId), all]) add(sum, used)
}

/** The same for a limit that a tenant ran into. */
export function countLimit(tenantId: string, limit: string): void {
  count(tenantId, { limitsHit: 1 })
  const { limits } = tallies()
  limits.set(limit, (limits.get(limit) ?? 0) + 1)
}

/** What has been counted since the last call, and is from now on the caller's to store. */
export function takePending(): Map<string, Usage> {
  const { pending } = tallies()
  tallies().pending = new Map()
  return pending
}

/** Gives back what could not be stored. */
export function putBack(tenantId: string, used: Usage): void {
  add(entry(tallies().pending, tenantId), used)
}

/**
 * Everything since this process started: per tenant, over all, and how often each limit was hit.
 */
export const usageSoFar = (): Pick<Tallies, 'total' | 'all' | 'limits'> => tallies()

function entry(map: Map<string, Usage>, tenantId: string): Usage {
  const known = map.get(tenantId)
  if (known) return known
  const made = nothing()
  map.set(tenantId, made)
  return made
}

function add(sum: Usage, used: Partial<Usage>): void {
  for (const name of usageNames) sum[name] += used[name] ?? 0
}
