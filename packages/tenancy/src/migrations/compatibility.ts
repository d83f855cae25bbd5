import { MigrationChanged, MigrationMissing, SchemaTooNew } from '#tenancy/migrations/errors'
import type { Histories } from '#tenancy/migrations/history'
import type { TargetVersion } from '#tenancy/migrations/targets'

/**
 * Refuses a run that this build must not perform, before anything is changed.
 * @throws MigrationChanged if a file was changed after it was applied, MigrationMissing if an
 *   earlier file is missing, SchemaTooNew if a target is ahead of this build.
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
    const [missing] = unknown.filter((tag) => tag <= last)
    if (missing)
      throw new MigrationMissing(
        missing,
        `${name} has it, and this build has later migrations but not this one`,
      )
    throw new SchemaTooNew(name, newer, last || 'none')
  }
}
