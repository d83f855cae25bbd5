import { MainConnection } from '#tenancy/migrations/connections'
import { lookAtAll } from '#tenancy/migrations/dedicated-databases'
import { readHistories, type Histories, type Plane } from '#tenancy/migrations/history'
import { usualConcurrency } from '#tenancy/migrations/run-migrations'
import { readTargets, type TargetState } from '#tenancy/migrations/targets'
import { platformPool } from '#tenancy/registry/pools'
import type { Tenancy } from '#tenancy/base/tenancy'

/** `ahead`: of this build. `unseen`: a database of its own that no run has looked at yet. */
export type State = 'current' | 'behind' | 'failed' | 'changed' | 'ahead' | 'unseen' | 'unreachable'
export type Standing = TargetState & { state: State; at: string | null; why: string | null }
export type Status = {
  total: number
  current: number
  last: Record<Plane, string>
  ms: number
  targets: Standing[]
}

/**
 * Where every target stands, in one query. In: whether to look at the tenants' own databases first,
 * which otherwise are as they were last seen, but are looked at when nobody has yet. `ms` is the
 * time of the query.
 */
export async function readStatus(
  tenancy: Tenancy,
  { look = false, histories }: { look?: boolean; histories?: Histories } = {},
): Promise<Status> {
  const files = histories ?? (await readHistories(tenancy))
  if (look) await lookAgain(tenancy)
  const client = await platformPool(tenancy).connect()
  const started = performance.now()
  const targets = await readTargets(client, files)
    .then((all) => all.map((target) => standing(target, files)))
    .finally(() => client.release())
  const ms = Math.round(performance.now() - started)
  if (!look && targets.some(({ state }) => state === 'unseen'))
    return readStatus(tenancy, { look: true, histories: files })
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

async function lookAgain(tenancy: Tenancy): Promise<void> {
  const crew = Array.from({ length: usualConcurrency() }, () => new MainConnection(tenancy))
  try {
    await lookAtAll(tenancy, crew, () => {}, { refresh: false }) // what could not be seen is in the answer
  } finally {
    await Promise.all(crew.map((connection) => connection.drop()))
  }
}

function standing(target: TargetState, histories: Histories): Standing {
  const { lacks, unknown, changed, failure, problem, elsewhere, seenAt } = target
  const at =
    unknown.at(-1) ??
    histories[target.plane].findLast(({ tag }) => !lacks.includes(tag))?.tag ??
    null
  const as = (state: State, why: string | null = null) => ({ ...target, state, at, why })
  if (problem !== null) return as('unreachable', problem)
  if (elsewhere && seenAt === null) return as('unseen')
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
