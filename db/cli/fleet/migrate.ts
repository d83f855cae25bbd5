import { commandLine } from '@rowhouse/tenancy/admin'
import type { RunCommand } from '#db/cli/commands'
import { showProgress } from '#db/cli/fleet/progress'
import { listOption, numberOption, percentOption, textOption } from '#db/cli/fleet/options'
import { table } from '#db/cli/table'
import { migratePlatform, requestRun, runFleetJob } from '@rowhouse/tenancy/migrations'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async ({ values }) => {
  const options = {
    canary: listOption(values, 'canary'),
    batches: percentOption(values, 'batches'),
    concurrency: numberOption(values, 'concurrency', 64),
    maxFailures: numberOption(values, 'max-failures'),
    limit: numberOption(values, 'limit'),
    to: textOption(values, 'to'),
  }
  // the run is recorded in a table of the platform
  await migratePlatform(tenancy())
  const id = await requestRun(
    tenancy(),
    commandLine(),
    Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  )
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const { onProgress, end } = showProgress()
  const result = await runFleetJob(tenancy(), id, { onProgress, signal: stopping.signal }).finally(
    end,
  )
  process.off('SIGINT', stop).off('SIGTERM', stop)
  const { state, done, byOthers, failed, left, message, tookMs } = result
  const lines = [
    `${done.length} migrated${byOthers > 0 ? `, ${byOthers} by another run` : ''}, ${failed.length} failed, ${left} left, in ${(tookMs / 1000).toFixed(1)} s${message ? `; stopped: ${message}` : ''}`,
    ...(failed.length > 0
      ? [
          '',
          table(
            ['target', 'migration', 'statement', 'why'],
            failed.map((f) => [
              f.target,
              f.migration,
              (f.statement ?? '').replace(/\s+/g, ' ').slice(0, 70),
              f.message,
            ]),
          ),
          '',
          'failed targets are unchanged; fix the cause and run fleet migrate again',
        ]
      : []),
  ]
  return { text: lines.join('\n'), json: { run: id, ...result }, failed: state !== 'done' }
}
