import Link from 'next/link'
import type { ReactNode } from 'react'
import { customerPath, orderPath, productPath } from '#components/paths'
import { formatDateTime, formatMoney, type Formats } from '#components/formats'
import { statusNames } from '#components/orders/order-status'
import { actionLabels, type ActivityAction, type ActivityEntry } from '#db/activity/activity'
import type { OrderStatus } from '#db/schema/tenant'

/** `short` leaves out what it was done to, where all of them are about the same thing. */
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
            <span className="font-medium">{entry.actor}</span> {words(entry)}{' '}
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

const words = ({ action }: ActivityEntry) =>
  action in actionLabels ? actionLabels[action as ActivityAction] : action.replaceAll('.', ' ')

function Subject({ entry }: { entry: ActivityEntry }) {
  const { action, subject, subjectId } = entry
  const address = action.startsWith('order.')
    ? orderPath
    : action.startsWith('customer.')
      ? customerPath
      : action.startsWith('product.')
        ? productPath
        : undefined
  if (!address || !subjectId) return subject
  return (
    <Link
      href={address(subjectId)}
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
  const change = fromTo(totalMinor ?? priceMinor)
  const amount =
    change && change.from !== change.to
      ? `: ${formatMoney(change.from, formats)} to ${formatMoney(change.to, formats)}`
      : ''
  return (
    <span className="text-ink-soft">
      {status}
      {amount}
      {typeof reason === 'string' && reason && `: “${reason}”`}
    </span>
  )
}

function fromTo(value: unknown): { from: number; to: number } | null {
  if (typeof value !== 'object' || value === null || !('from' in value) || !('to' in value))
    return null
  return typeof value.from === 'number' && typeof value.to === 'number'
    ? { from: value.from, to: value.to }
    : null
}
