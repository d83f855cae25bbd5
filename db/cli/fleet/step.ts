import type { RunCommand } from '#db/cli/commands'
import { textOption } from '#db/cli/fleet/options'
import { table } from '#db/cli/table'
import { UsageError } from '#db/cli/usage-error'
import { dataSteps as steps } from '#db/modules'
import { readDataSteps, runDataStep } from '@rowhouse/tenancy/migrations'
import { platform, tenancy } from '#db/tenancy'
import { bySlug } from '@rowhouse/tenancy'

export const run: RunCommand = async ({ values, positionals: [name, ...rest] }) => {
  if (rest.length > 0) throw new UsageError('give one step name')
  if (name === undefined) {
    const known = await readDataSteps(
      tenancy(),
      steps.map((step) => step.name),
    )
    return {
      text: table(
        ['step', 'tenants done', 'in progress', 'failed', 'rows changed'],
        known.map((s) => [s.step, s.done, s.begun, s.failed, s.rows]),
      ),
      json: { steps: known },
    }
  }
  const step = steps.find((one) => one.name === name)
  if (!step)
    throw new UsageError(
      `there is no step ${name}; the steps are ${steps.map((one) => one.name).join(', ')}`,
    )
  const tenant = textOption(values, 'tenant')
  if (tenant !== undefined) await bySlug(platform(), tenant)
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  const result = await runDataStep(tenancy(), step, {
    signal: stopping.signal,
    ...(tenant === undefined ? {} : { tenant }),
    onProgress: ({ done, tenants, rows, failed }) =>
      process.stderr.write(
        `${done} of ${tenants} tenants, ${rows} rows changed${failed > 0 ? `, ${failed} failed` : ''}\n`,
      ),
  })
  const stopped = stopping.signal.aborted
  const lines = [
    `tenants done: ${result.done.length}; rows changed: ${result.rows}${stopped ? '; interrupted' : ''}`,
    ...result.failed.map((one) => `${one.tenant}: ${one.message}`),
  ]
  return { text: lines.join('\n'), json: result, failed: stopped || result.failed.length > 0 }
}
