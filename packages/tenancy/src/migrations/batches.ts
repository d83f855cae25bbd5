import { Invalid } from '#tenancy/base/errors'
import type { Target } from '#tenancy/migrations/targets'

export type TargetBatch<T> = { name: string; targets: T[] }

/**
 * Splits targets into batches: the canaries first, then the shared schema and the first part of the
 * rest, then the other parts.
 * @param pending - The targets that lack a migration.
 * @param all - All targets.
 * @param canaries - Names of targets.
 * @param parts - The cumulative share of the rest at the end of each batch, in percent.
 * @throws Invalid for a canary that is not a target.
 */
export function splitIntoBatches<T extends Target>(
  pending: T[],
  all: Target[],
  canaries: string[],
  parts: number[],
): TargetBatch<T>[] {
  for (const name of canaries) {
    if (!all.some((target) => target.name === name && target.plane === 'tenant'))
      throw new Invalid(
        'canary',
        `there is no target ${name}: a canary is \`shared\` or a tenant with a dedicated schema or database`,
      )
  }
  const first = pending.filter(({ name }) => canaries.includes(name))
  const rest = pending
    .filter(({ name }) => !canaries.includes(name))
    .sort((a, b) => Number(b.schema === 'shared') - Number(a.schema === 'shared'))
  const growing = [...parts.filter((part) => part < 100).toSorted((a, b) => a - b), 100]
  const ends = growing.map((part) => Math.max(1, Math.ceil((rest.length * part) / 100)))
  const batches = growing.map((part, i) => ({
    name: growing.length === 1 ? 'all' : `${part} %`,
    targets: rest.slice(i === 0 ? 0 : ends[i - 1], ends[i]),
  }))
  return [{ name: 'canary', targets: first }, ...batches].filter(
    ({ targets }) => targets.length > 0,
  )
}
