import type { Action } from '#app/_actions/action'
import { RetentionDaysForm } from '#components/data/retention-days-form'
import { formatCount, formatDateTime, type Formats } from '#components/formats'
import { ButtonLink } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Notice } from '#components/ui/notice'
import type { DataOverview } from '#db/data-overview'
import type { RetentionStep } from '@rowhouse/tenancy/schema'

type Props = {
  overview: DataOverview
  preview: RetentionStep[] | null
  formats: Formats
  action: Action<unknown> | null
}

export const tableLabel = (table: string) =>
  `${table.charAt(0).toUpperCase()}${table.slice(1).replaceAll('_', ' ')}`

export function RetentionCard({
  overview: { tablesWithRetention, exemptTables, allowedDays },
  preview,
  formats,
  action,
}: Props) {
  const anyRule = tablesWithRetention.some(({ days }) => days !== null)
  return (
    <Card labelledBy="retention">
      <CardHeader id="retention" title="How long rows are kept">
        {anyRule && (
          <ButtonLink href="/settings/data?preview" size="small" scroll={false} prefetch={false}>
            What would go now?
          </ButtonLink>
        )}
      </CardHeader>
      <CardBody className="text-ink-soft">
        Older rows are deleted once a day, for good. Your tier allows{' '}
        {formatCount(allowedDays.least, formats)} to {formatCount(allowedDays.most, formats)} days;
        without a number rows are kept for ever.
      </CardBody>
      {preview && (
        <CardBody>
          <Notice>{previewText(preview, formats)}</Notice>
        </CardBody>
      )}
      <ul>
        {tablesWithRetention.map(({ table, days }) => (
          <RetentionRow key={table} table={table} days={days} action={action} formats={formats} />
        ))}
        {exemptTables.map(({ table, why }) => (
          <li
            key={table}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line px-4 py-3 sm:px-5"
          >
            <p className="font-medium">{tableLabel(table)}</p>
            <p className="text-sm text-ink-faint max-sm:basis-full">Kept: {why}</p>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function RetentionRow({
  table,
  days,
  action,
  formats,
}: Pick<Props, 'action' | 'formats'> & { table: string; days: number | null }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t border-line px-4 py-3 sm:px-5">
      <p className="font-medium">{tableLabel(table)}</p>
      {action ? (
        <RetentionDaysForm
          key={`${table} ${days}`}
          table={table}
          name={tableLabel(table)}
          days={days}
          action={action}
        />
      ) : (
        <p className="text-ink-soft">
          {days === null ? 'For ever' : `${formatCount(days, formats)} days`}
        </p>
      )}
    </li>
  )
}

function previewText(steps: RetentionStep[], formats: Formats) {
  const deleting = steps.filter(({ rows }) => rows > 0)
  if (deleting.length === 0) return 'Nothing is old enough to go now.'
  return deleting
    .map(
      ({ table, before, rows, of }) =>
        `${tableLabel(table)} before ${formatDateTime(new Date(before), formats)}: ${formatCount(rows, formats)} of ${formatCount(of, formats)} rows.`,
    )
    .join(' ')
}
