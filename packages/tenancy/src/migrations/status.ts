import { MainConnection } from '#tenancy/migrations/connections'
import { inspectDedicatedDatabases } from '#tenancy/migrations/dedicated-databases'
import { readHistories, type Histories, type Plane } from '#tenancy/migrations/history'
import { defaultConcurrency } from '#tenancy/migrations/run-migrations'
import { readTargets, type TargetVersion } from '#tenancy/migrations/targets'
import { platformPool } from '#tenancy/registry/pools'
import type { Tenancy } from '#tenancy/base/tenancy'

/** `ahead`: ahead of this build. `unseen`: a dedicated database that was never inspected. */
export type TargetState =
  'current' | 'behind' | 'failed' | 'changed' | 'ahead' | 'unseen' | 'unreachable'
export type TargetStatus = TargetVersion & {
  state: TargetState
  at: string | null
  why: string | null
}
export type Status = {
  total: number
  current: number
  last: Record<Plane, string>
  ms: number
  targets: TargetStatus[]
}

/**
 * Reads the migration state of every target in one query.
 * @param tenancy - The instance.
 * @param options - `inspect` connects to the dedicated databases first. Otherwise their last
 *   inspection counts, and databases that were never inspected are inspected now.
 * @returns The state of every target. `ms` is the duration of the query.
 */
export async function readStatus(
  tenancy: Tenancy,
  { inspect = false, histories }: { inspect?: boolean; histories?: Histories } = {},
): Promise<Status> {
  const files = histories ?? (await readHistories(tenancy))
  if (inspect) await inspectNow(tenancy)
  const client = await platformPool(tenancy).connect()
  const started = performance.now()
  const targets = await readTargets(client, files)
    .then((all) => all.map((target) => toStatus(target, files)))
    .finally(() => client.release())
  const ms = Math.round(performance.now() - started)
  if (!inspect && targets.some(({ state }) => state === 'unseen'))
    return readStatus(tenancy, { inspect: true, histories: files })
  const last = {
    platform: files.platform.at(-1)?.tag ?? 'nothing',
    tenant: files.tenant.at(-1)?.tag ?? 'nothing',
  }
  return {
    total: targets.length,
    current: targets.filter(({ state }) => state === 'current').length,
    last,
    ms,
    targets,
  }
}

async function inspectNow(tenancy: Tenancy): Promise<void> {
  const workers = Array.from({ length: defaultConcurrency() }, () => new MainConnection(tenancy))
  try {
    // a failure is part of the status
    await inspectDedicatedDatabases(tenancy, { workers, refresh: false, onFailure: () => {} })
  } finally {
    await Promise.all(workers.map((connection) => connection.drop()))
  }
}

function toStatus(target: TargetVersion, histories: Histories): TargetStatus {
  const { lacks, unknown, changed, failure, problem, dedicatedDatabase, seenAt } = target
  const at =
    unknown.at(-1) ??
    histories[target.plane].findLast(({ tag }) => !lacks.includes(tag))?.tag ??
    null
  const as = (state: TargetState, why: string | null = null) => ({ ...target, state, at, why })
  if (problem !== null) return as('unreachable', problem)
  if (dedicatedDatabase && seenAt === null) return as('unseen')
  if (Object.keys(changed).length > 0)
    return as(
      'changed',
      `${Object.keys(changed).join(', ')} was changed after it was applied; restore the file`,
    )
  if (unknown.length > 0)
    return as('ahead', `${unknown.join(', ')} is not in this build; deploy one that has it`)
  if (failure) return as('failed', `${failure.migration}: ${failure.message}`)
  return lacks.length > 0 ? as('behind') : as('current')
}
