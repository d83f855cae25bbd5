import { MigrationChanged, MigrationMissing, SchemaTooNew } from '#tenancy/migrations/errors'
import type { Histories } from '#tenancy/migrations/history'
import type { TargetVersion } from '#tenancy/migrations/targets'

/**
 * Refuses a run that this build must not make, before anything is touched: a file was changed after
 * it was applied, a file in the middle is gone, or a target is ahead of the build. Throws
 * MigrationChanged, MigrationMissing or SchemaTooNew.
 */
export function assertCompatible(targets: TargetVersion[], histories: Histories): void {
  for (const { plane, changed } of targets)
    for (const [tag, applied] of Object.entries(changed)) {
      const file = histories[plane].find((migration) => migration.tag === tag)
      const who = targets
        .filter((target) => target.plane === plane && tag in target.changed)
        .map((target) => target.name)
      throw new MigrationChanged(tag, who, applied, file?.sha256 ?? '')
    }
  for (const { plane, name, unknown } of targets) {
    if (unknown.length === 0) continue
    const last = histories[plane].at(-1)?.tag ?? ''
    const newer = unknown.filter((tag) => tag > last)
    const [gone] = unknown.filter((tag) => tag <= last)
    if (gone)
      throw new MigrationMissing(
        gone,
        `${name} has it, and this build has later ones but not this one`,
      )
    throw new SchemaTooNew(name, newer, last || 'none')
  }
}
