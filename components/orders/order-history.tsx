import { formatAmountChange } from '#components/activity/amount-change'
import { formatDateTime, type Formats } from '#components/formats'
import { StatusMark, statusNames } from '#components/orders/order-status'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { ActivityEntry } from '#db/activity/activity'
import type { Order } from '#db/product/orders'
import { Pencil } from 'lucide-react'
import type { ReactNode } from 'react'

type HistoryItem = {
  id: string
  at: Date
  actor: string
  mark: ReactNode
  what: string
  why?: string
}

/** Status changes and edits, newest first. */
export function OrderHistory({
  events,
  entries,
  formats,
}: {
  events: Order['events']
  entries: ActivityEntry[]
  formats: Formats
}) {
  const items: HistoryItem[] = [
    ...events.map((event): HistoryItem => ({
      id: event.id,
      at: event.at,
      actor: event.actor,
      why: event.reason,
      mark: <StatusMark status={event.toStatus} />,
      what:
        event.fromStatus || event.toStatus !== 'draft'
          ? statusNames[event.toStatus]
          : 'Draft written',
    })),
    ...entries
      .filter((entry) => entry.action === 'order.edited')
      .map((entry): HistoryItem => ({
        id: entry.id,
        at: entry.at,
        actor: entry.actor,
        mark: <Pencil aria-hidden className="mt-1.5 size-3 shrink-0 text-ink-faint" />,
        what: editText(entry.detail.totalMinor, formats),
      })),
  ].sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1))
  return (
    <Card labelledBy="history">
      <CardHeader id="history" title="History" />
      <CardBody>
        <ol className="grid gap-4">
          {items.map((item) => (
            <li key={item.id} className="flex gap-3">
              {item.mark}
              <div className="min-w-0">
                <p className="font-medium">{item.what}</p>
                {item.why && <p className="wrap-anywhere text-ink-soft">“{item.why}”</p>}
                <p className="text-sm text-ink-faint">
                  {item.actor} ·{' '}
                  <time dateTime={item.at.toISOString()}>{formatDateTime(item.at, formats)}</time>
                </p>
              </div>
            </li>
          ))}
        </ol>
      </CardBody>
    </Card>
  )
}

function editText(totalChange: unknown, formats: Formats) {
  const amounts = formatAmountChange(totalChange, formats)
  return amounts ? `Edited: ${amounts}` : 'Edited'
}
