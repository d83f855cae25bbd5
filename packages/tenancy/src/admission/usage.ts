import type { BusyLimit } from '#tenancy/base/errors'
import { stateOf, type Tenancy } from '#tenancy/base/tenancy'

/** What a tenant has used. Times are in milliseconds. */
export type Usage = {
  requests: number
  transactions: number
  errors: number
  databaseMs: number
  waitMs: number
  limitsHit: number
}

/**
 * Returns a usage of zero.
 * @returns A new object.
 */
export const noUsage = (): Usage => ({
  requests: 0,
  transactions: 0,
  errors: 0,
  databaseMs: 0,
  waitMs: 0,
  limitsHit: 0,
})

/** The names of the counters. */
export const usageNames = Object.keys(noUsage()) as (keyof Usage)[]

type Counters = {
  pending: Map<string, Usage>
  total: Map<string, Usage>
  all: Usage
  limits: Map<LimitReached, number>
}
const counters = stateOf('usage', (): Counters => ({
  pending: new Map(),
  total: new Map(),
  all: noUsage(),
  limits: new Map(),
}))

/** Adds to a tenant's usage, in memory. `storeUsage` writes it to the database. */
export function countUsage(tenancy: Tenancy, tenantId: string, used: Partial<Usage>): void {
  const { pending, total, all } = counters(tenancy)
  for (const sum of [entry(pending, tenantId), entry(total, tenantId), all]) add(sum, used)
}

/** A limit that a tenant can reach; the label of a metric. */
export type LimitReached = BusyLimit | 'statement_time' | 'export_rows'

/**
 * Counts that a tenant reached a limit.
 * @param tenancy - The instance.
 * @param tenantId - The tenant.
 * @param limit - Which limit.
 */
export function countLimit(tenancy: Tenancy, tenantId: string, limit: LimitReached): void {
  countUsage(tenancy, tenantId, { limitsHit: 1 })
  const { limits } = counters(tenancy)
  limits.set(limit, (limits.get(limit) ?? 0) + 1)
}

/** Takes the usage counted since the last call. The caller stores it, or puts it back. */
export function takePending(tenancy: Tenancy): Map<string, Usage> {
  const { pending } = counters(tenancy)
  counters(tenancy).pending = new Map()
  return pending
}

/** Puts back usage that could not be stored. */
export function putBack(tenancy: Tenancy, tenantId: string, used: Usage): void {
  add(entry(counters(tenancy).pending, tenantId), used)
}

/**
 * Returns the usage since this process started.
 * @param tenancy - The instance.
 * @returns `total` by tenant, `all` of them together, and `limits`: how often each was reached.
 */
export const usageSoFar = (tenancy: Tenancy): Pick<Counters, 'total' | 'all' | 'limits'> =>
  counters(tenancy)

function entry(map: Map<string, Usage>, tenantId: string): Usage {
  const known = map.get(tenantId)
  if (known) return known
  const made = noUsage()
  map.set(tenantId, made)
  return made
}

function add(sum: Usage, used: Partial<Usage>): void {
  for (const name of usageNames) sum[name] += used[name] ?? 0
}
