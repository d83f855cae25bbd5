import type { RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { readStatus } from '@rowhouse/tenancy/migrations'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async ({ values }) => {
  const status = await readStatus(tenancy(), { inspect: Boolean(values.inspect) })
  const { total, current, targets, ms, last } = status
  const notable = targets.filter(({ state }) => state !== 'current')
  const lines = [
    `${current} of ${total} targets are at ${last.tenant} (the platform at ${last.platform}); ${ms} ms`,
    ...(notable.length > 0
      ? [
          '',
          table(
            ['target', 'state', 'at', 'missing', 'why'],
            notable.map((t) => [t.name, t.state, t.at ?? 'nothing', t.lacks.length, t.why ?? '']),
          ),
        ]
      : []),
  ]
  return {
    text: lines.join('\n'),
    json: { ...status, targets: values.all ? targets : notable },
    failed: Boolean(values.check) && notable.length > 0,
  }
}
