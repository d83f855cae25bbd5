'use client'

import type { ReactNode } from 'react'
import { formatDuration } from '#components/console/format-time'
import { MoveStateLabel } from '#components/console/move-state-label'
import type { LiveConnection } from '#components/console/use-live-updates'
import { formatCount, type Formats } from '#components/formats'
import { Card, CardBody } from '#components/ui/card'
import { factsOf } from '@rowhouse/tenancy/move-states'
import type { MoveView } from '@rowhouse/tenancy/moves'

const connections: Record<LiveConnection, string> = {
  live: 'Live',
  polling: 'Live, by asking again',
  over: '',
}

type Props = { move: MoveView; connection: LiveConnection; formats: Formats; children: ReactNode }

export function MoveProgress({ move, connection, formats, children }: Props) {
  const { copied } = factsOf(move.state)
  const detail = move.retryError ? `will retry: ${move.retryError}` : move.statusDetail
  const total = Math.max(move.rowsTotal, move.rowsDone)
  const part = copied ? 1 : total === 0 ? 0 : move.rowsDone / total
  return (
    <Card>
      <CardBody className="grid gap-4 pt-4 sm:pt-5">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-lg font-semibold" role="status">
            <MoveStateLabel move={move} />
          </p>
          <div className="flex flex-wrap items-center gap-2">
            {connections[connection] && (
              <span className="text-sm text-ink-faint">{connections[connection]}</span>
            )}
            {children}
          </div>
        </div>
        <svg
          viewBox="0 0 100 1"
          preserveAspectRatio="none"
          role="img"
          aria-label={`${Math.round(part * 100)}% of the rows are copied`}
          className="h-2 w-full overflow-hidden rounded-full bg-line"
        >
          <rect width={part * 100} height={1} className="fill-bar" />
        </svg>
        <MoveMetrics move={move} total={total} formats={formats} />
        {detail && !move.over && (
          <p className="truncate font-mono text-xs text-ink-soft">{detail}</p>
        )}
      </CardBody>
    </Card>
  )
}

type MetricsProps = { move: MoveView; total: number; formats: Formats }

function MoveMetrics({ move, total, formats }: MetricsProps) {
  const number = (value: number) => formatCount(Math.round(value), formats)
  const lag = move.events.findLast(({ event }) => event === 'catch_up_pass')?.rows ?? null
  return (
    <dl className="grid grid-cols-2 gap-4 sm:grid-cols-4">
      <Metric name="Rows copied" value={number(move.rowsDone)} note={`of ${number(total)}`} />
      <CopyRate move={move} total={total} formats={formats} />
      <Metric
        name="Lag"
        value={lag === null ? '–' : `${number(lag)} keys`}
        note={lag === null ? '' : 'in the last pass'}
      />
      <Metric
        name="Writes waited"
        value={move.pauseMs === null ? '–' : formatDuration(move.pauseMs)}
        note={move.pauseMs === null ? 'measured at the switch' : 'at the switch'}
      />
    </dl>
  )
}

/** Rows copied per second: the current rate while copying, the average afterwards. */
function CopyRate({ move, total, formats }: MetricsProps) {
  const number = (value: number) => formatCount(Math.round(value), formats)
  const rate = move.rowsPerSecond
  if (rate && !factsOf(move.state).copied)
    return (
      <Metric
        name="Rate"
        value={`${number(rate)} rows/s`}
        note={`${formatDuration(((total - move.rowsDone) / rate) * 1000)} left`}
      />
    )
  const copied = move.events.findLast(({ event }) => event === 'copied')
  const average = copied?.rows && copied.tookMs ? (copied.rows / copied.tookMs) * 1000 : 0
  return (
    <Metric
      name="Rate"
      value={average ? `${number(average)} rows/s` : '–'}
      note={average ? 'on average' : ''}
    />
  )
}

function Metric({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div>
      <dt className="text-sm text-ink-soft">{name}</dt>
      <dd className="text-lg font-semibold tabular-nums">{value}</dd>
      <dd className="min-h-5 text-sm text-ink-faint tabular-nums">{note}</dd>
    </div>
  )
}
