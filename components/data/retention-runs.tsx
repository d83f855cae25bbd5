import type { Action } from '#app/_actions/action'
import { tableLabel } from '#components/data/retention-card'
import { TenantButton } from '#components/forms/tenant-button'
import { formatCount, formatDateTime, type Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import type { RetentionRun } from '@rowhouse/tenancy/data'

type Props = { runs: RetentionRun[]; formats: Formats; action: Action<unknown> | null }

export function RetentionRuns({ runs, formats, action }: Props) {
  return (
    <Card labelledBy="runs">
      <CardHeader id="runs" title="What has gone" />
      <ul>
        {runs.map((run) => (
          <li
            key={run.id}
            className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-4 py-3 sm:px-5"
          >
            <div className="min-w-0 grow basis-52">
              <p className="font-medium">{formatDateTime(run.plannedAt, formats)}</p>
              <p className="text-sm text-ink-faint">{describe(run, formats)}</p>
            </div>
            {run.state === 'waiting' && action && (
              <div className="flex gap-2">
                <TenantButton
                  action={action}
                  input={{ run: run.id, yes: 'no' }}
                  done="Nothing is deleted."
                  size="small"
                >
                  Keep them
                </TenantButton>
                <TenantButton
                  action={action}
                  input={{ run: run.id, yes: 'yes' }}
                  done="The rows are being deleted."
                  size="small"
                  look="danger"
                >
                  Delete them
                </TenantButton>
              </div>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

function describe({ state, steps, message }: RetentionRun, formats: Formats) {
  const rows = (field: 'rows' | 'deleted') =>
    steps
      .filter((step) => step[field] > 0)
      .map(
        (step) => `${formatCount(step[field], formats)} of ${tableLabel(step.table).toLowerCase()}`,
      )
      .join(', ')
  switch (state) {
    case 'waiting':
      return `Would delete ${rows('rows')}. That is more than a fifth of a table, so an owner has to agree.`
    case 'running':
      return `Under way: ${rows('deleted') || 'nothing'} so far, of ${rows('rows')}.`
    case 'done':
      return rows('deleted') ? `Deleted ${rows('deleted')}.` : 'Nothing was old enough.'
    case 'dismissed':
      return message ? `Dismissed: ${message}.` : 'Dismissed; nothing was deleted.'
    case 'failed':
      return `Failed: ${message}.`
  }
}
