import { formatDateTime, formatMoney, type Formats } from '#components/formats'
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

/** Newest first: how the status changed, and when the order was edited. */
export function OrderHistory({
  events,
  entries,
  formats,
}: {
  events: Order['events']
  entries: ActivityEntry[]
  formats: Formats
}) {
  const steps: HistoryItem[] = [
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
        what: edited(entry, formats),
      })),
  ].sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1))
  return (
    <Card labelledBy="history">
      <CardHeader id="history" title="History" />
      <CardBody>
        <ol className="grid gap-4">
          {steps.map((step) => (
            <li key={step.id} className="flex gap-3">
              {step.mark}
              <div className="min-w-0">
                <p className="font-medium">{step.what}</p>
                {step.why && <p className="wrap-anywhere text-ink-soft">“{step.why}”</p>}
                <p className="text-sm text-ink-faint">
                  {step.actor} ·{' '}
                  <time dateTime={step.at.toISOString()}>{formatDateTime(step.at, formats)}</time>
                </p>
              </div>
            </li>
          ))}
        </ol>
      </CardBody>
    </Card>
  )
}

function edited({ detail }: ActivityEntry, formats: Formats) {
  const total = detail.totalMinor as { from?: unknown; to?: unknown } | undefined
  const changed =
    typeof total?.from === 'number' && typeof total.to === 'number' && total.from !== total.to
  return changed
    ? `Edited: ${formatMoney(total.from as number, formats)} to ${formatMoney(total.to as number, formats)}`
    : 'Edited'
}
