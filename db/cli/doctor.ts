import type { RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { checkFleet } from '@rowhouse/tenancy/checks'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async () => {
  const report = await checkFleet(tenancy())
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
