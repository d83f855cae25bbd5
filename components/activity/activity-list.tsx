import type { Route } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { customerPath, orderPath, productPath } from '#components/paths'
import { formatAmountChange } from '#components/activity/amount-change'
import { formatDateTime, type Formats } from '#components/formats'
import { statusNames } from '#components/orders/order-status'
import { actionLabels, type ActivityAction, type ActivityEntry } from '#db/activity/activity'
import type { OrderStatus } from '#db/schema/tenant'

/** `short` leaves out the subject, for a list of one subject's entries. */
export function ActivityList({
  entries,
  formats,
  short = false,
}: {
  entries: ActivityEntry[]
  formats: Formats
  short?: boolean
}) {
  if (entries.length === 0) return <p className="text-ink-faint">Nothing yet.</p>
  return (
    <ol className="grid gap-3.5">
      {entries.map((entry) => (
        <li key={entry.id} className="min-w-0">
          <p className="wrap-anywhere">
            <span className="font-medium">{entry.actor}</span> {labelOf(entry)}{' '}
            {!short && <Subject entry={entry} />}
            <Detail entry={entry} formats={formats} />
          </p>
          <time dateTime={entry.at.toISOString()} className="text-sm text-ink-faint">
            {formatDateTime(entry.at, formats)}
          </time>
        </li>
      ))}
    </ol>
  )
}

const labelOf = ({ action }: ActivityEntry) =>
  Object.hasOwn(actionLabels, action)
    ? actionLabels[action as ActivityAction]
    : action.replaceAll('.', ' ')

/** The page of a subject, by the first part of the action's name. */
const subjectPaths: Partial<Record<string, (id: string) => Route>> = {
  order: orderPath,
  customer: customerPath,
  product: productPath,
}

function Subject({ entry }: { entry: ActivityEntry }) {
  const { action, subject, subjectId } = entry
  const pathOf = subjectPaths[action.split('.')[0] ?? '']
  if (!pathOf || !subjectId) return subject
  return (
    <Link
      href={pathOf(subjectId)}
      prefetch={false}
      className="underline decoration-line-strong underline-offset-4 hover:decoration-ink"
    >
      {subject}
    </Link>
  )
}

function Detail({
  entry: { action, detail },
  formats,
}: {
  entry: ActivityEntry
  formats: Formats
}): ReactNode {
  const { to, reason, priceMinor, totalMinor } = detail
  const status =
    action !== 'order.cancelled' && typeof to === 'string' && to in statusNames
      ? ` to ${statusNames[to as OrderStatus].toLowerCase()}`
      : ''
  const amounts = formatAmountChange(totalMinor ?? priceMinor, formats)
  return (
    <span className="text-ink-soft">
      {status}
      {amounts && `: ${amounts}`}
      {typeof reason === 'string' && reason && `: “${reason}”`}
    </span>
  )
}
