import { formatDuration } from '#components/console/format-time'
import { formatCount, type Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import type { MoveView } from '@rowhouse/tenancy/moves'

const formatTime = (at: string, { zone }: Formats) =>
  new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: zone }).format(new Date(at))

/** The events of a move, newest first. */
export function MoveEvents({ move, formats }: { move: MoveView; formats: Formats }) {
  return (
    <Card labelledBy="events">
      <CardHeader id="events" title="Log" />
      <ol className="border-t border-line px-4 py-2 text-sm sm:px-5">
        {move.events
          .toReversed()
          .map(({ seq, at, event, side, location, detail, rows, tookMs }) => (
            <li key={seq} className="flex flex-wrap gap-x-3 py-1">
              <time dateTime={at} className="text-ink-faint tabular-nums">
                {formatTime(at, formats)}
              </time>
              <span className="font-medium">{event.replaceAll('_', ' ')}</span>
              {(location || detail) && (
                <span className="min-w-0 break-words text-ink-soft max-sm:order-last max-sm:basis-full">
                  {[location && `${side} copy at ${location}`, detail].filter(Boolean).join(': ')}
                </span>
              )}
              <span className="ml-auto text-ink-faint tabular-nums">
                {[
                  rows !== null && `${formatCount(rows, formats)} rows`,
                  tookMs !== null && formatDuration(tookMs),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </li>
          ))}
        <li className="flex flex-wrap gap-x-3 py-1">
          <time dateTime={move.requestedAt} className="text-ink-faint tabular-nums">
            {formatTime(move.requestedAt, formats)}
          </time>
          <span className="font-medium">requested</span>
          <span className="text-ink-soft max-sm:basis-full">by {move.requestedBy}</span>
        </li>
      </ol>
    </Card>
  )
}
