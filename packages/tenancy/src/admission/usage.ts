import { stateOf, type Tenancy } from '#tenancy/base/tenancy'

/** What a tenant uses. Times in milliseconds. */
export type Usage = {
  requests: number
  transactions: number
  errors: number
  databaseMs: number
  waitMs: number
  limitsHit: number
}
export const noUsage = (): Usage => ({
  requests: 0,
  transactions: 0,
  errors: 0,
  databaseMs: 0,
  waitMs: 0,
  limitsHit: 0,
})
export const usageNames = Object.keys(noUsage()) as (keyof Usage)[]

type Tallies = {
  pending: Map<string, Usage>
  total: Map<string, Usage>
  all: Usage
  limits: Map<string, number>
}
const tallies = stateOf('usage', (): Tallies => ({
  pending: new Map(),
  total: new Map(),
  all: noUsage(),
  limits: new Map(),
}))

/** Adds to what a tenant used. In memory: a batch of it goes to the database now and then. */
export function countUsage(tenancy: Tenancy, tenantId: string, used: Partial<Usage>): void {
  const { pending, total, all } = tallies(tenancy)
  for (const sum of [entry(pending, tenantId), entry(total, tenantId), all]) add(sum, used)
}

/** The same for a limit that a tenant ran into. */
export function countLimit(tenancy: Tenancy, tenantId: string, limit: string): void {
  countUsage(tenancy, tenantId, { limitsHit: 1 })
  const { limits } = tallies(tenancy)
  limits.set(limit, (limits.get(limit) ?? 0) + 1)
}

/** What has been counted since the last call, and is from now on the caller's to store. */
export function takePending(tenancy: Tenancy): Map<string, Usage> {
  const { pending } = tallies(tenancy)
  tallies(tenancy).pending = new Map()
  return pending
}

/** Gives back what could not be stored. */
export function putBack(tenancy: Tenancy, tenantId: string, used: Usage): void {
  add(entry(tallies(tenancy).pending, tenantId), used)
}

/**
 * Everything since this process started: per tenant, over all, and how often each limit was hit.
 */
export const usageSoFar = (tenancy: Tenancy): Pick<Tallies, 'total' | 'all' | 'limits'> =>
  tallies(tenancy)

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
