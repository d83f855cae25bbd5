import type { Run } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { examineFleet } from '#db/doctor/doctor'

export const run: Run = async () => {
  const report = await examineFleet()
  const { findings, targets } = report
  const text =
    findings.length === 0
      ? `every invariant holds on ${targets.length} ${targets.length === 1 ? 'database' : 'databases'}`
      : table(
          ['check', 'target', 'object', 'why'],
          findings.map(({ check, target, object, why }) => [check, target, object, why]),
        )
  return { text, json: report, failed: findings.length > 0 }
}
