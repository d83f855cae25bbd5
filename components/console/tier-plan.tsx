import { formatDuration } from '#components/console/format-time'
import { limitLabels, limitOrder, formatLimit } from '#components/console/limit-labels'
import { formatCount, type Formats } from '#components/formats'
import { Notice } from '#components/ui/notice'
import { Skeleton } from '#components/ui/skeleton'
import type { ActionState } from '#app/_actions/action'
import type { Limits } from '@rowhouse/tenancy'

export type Plan = {
  from: string
  to: string
  tables: { name: string; rows: number }[]
  rows: number
  seconds: number
  steps: string[]
  server: { host: string; port: number; version: string; isMain: boolean } | null
  pause: { moves: number; medianMs: number; longestMs: number } | null
  limits: { now: Limits; then: Limits }
}

type Props = {
  plan: ActionState<Plan> | null
  loading: boolean
  /** Another server was chosen, and its connection is not checked yet. */
  needsCheck: boolean
  formats: Formats
}

/** The result of the dry run. */
export function TierPlan(props: Props) {
  return (
    <div aria-live="polite" aria-busy={props.loading}>
      <PlanState {...props} />
    </div>
  )
}

function PlanState({ plan, loading, needsCheck, formats }: Props) {
  if (loading) return <PlanLoading />
  if (plan?.ok) return <PlanResult plan={plan.result} formats={formats} />
  if (plan) return <Notice look="danger">{plan.message}</Notice>
  if (!needsCheck) return null
  return <p className="text-ink-soft">Check the connection to see what the change would mean.</p>
}

function PlanLoading() {
  return (
    <div className="grid gap-3">
      <p className="text-ink-soft">Looking at both ends…</p>
      <Skeleton className="h-24" />
    </div>
  )
}

function PlanResult({
  plan: { from, to, tables, rows, seconds, steps, server, pause, limits },
  formats,
}: {
  plan: Plan
  formats: Formats
}) {
  return (
    <section
      aria-label="What it means"
      className="grid gap-4 rounded-lg border border-line bg-sunken p-4"
    >
      {server && (
        <p className="font-medium">
          Connected: PostgreSQL {server.version} on {server.host}:{server.port}
          {server.isMain && (
            <span className="font-normal text-ink-soft">
              , which is the main server under another name
            </span>
          )}
        </p>
      )}
      <dl className="grid gap-4 sm:grid-cols-3">
        <Metric name="To copy" value={`${formatCount(rows, formats)} rows`} />
        <Metric name="Takes about" value={formatDuration(seconds * 1000)} />
        <Metric
          name="Writes wait"
          value={pause ? `about ${formatDuration(pause.medianMs)}` : 'an instant'}
          {...(pause && {
            note: `${formatDuration(pause.longestMs)} at most in the last ${pause.moves === 1 ? 'move' : `${pause.moves} moves`}`,
          })}
        />
      </dl>
      <p className="text-sm text-ink-soft">
        From <span className="font-mono text-xs break-all">{from}</span> to{' '}
        <span className="font-mono text-xs break-all">{to}</span>
      </p>
      <LimitChanges limits={limits} formats={formats} />
      <StepsAndTables steps={steps} tables={tables} formats={formats} />
    </section>
  )
}

function LimitChanges({ limits, formats }: Pick<Plan, 'limits'> & { formats: Formats }) {
  return (
    <dl
      aria-label="Limits"
      className="grid gap-x-6 gap-y-1 border-t border-line pt-3 text-sm sm:grid-cols-2"
    >
      {limitOrder.map((limit) => (
        <div key={limit} className="flex justify-between gap-3">
          <dt className="text-ink-soft">{limitLabels[limit]}</dt>
          <dd className="text-right tabular-nums">
            {limits.now[limit] !== limits.then[limit] && (
              <>
                <span className="text-ink-faint">
                  {formatLimit(limit, limits.now[limit], formats)} →
                </span>{' '}
              </>
            )}
            <span className="font-medium">{formatLimit(limit, limits.then[limit], formats)}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function StepsAndTables({
  steps,
  tables,
  formats,
}: Pick<Plan, 'steps' | 'tables'> & { formats: Formats }) {
  return (
    <details className="text-sm">
      <summary className="w-fit cursor-pointer font-medium">Steps and tables</summary>
      <div className="mt-3 grid gap-4 sm:grid-cols-[minmax(0,1fr)_auto]">
        <ol className="grid list-decimal gap-1 pl-5 text-ink-soft">
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <ul className="grid content-start gap-1 tabular-nums">
          {tables.map((table) => (
            <li key={table.name} className="flex justify-between gap-6">
              <span className="font-mono text-xs">{table.name}</span>
              <span>{formatCount(table.rows, formats)}</span>
            </li>
          ))}
        </ul>
      </div>
    </details>
  )
}

function Metric({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div>
      <dt className="text-sm text-ink-soft">{name}</dt>
      <dd className="text-lg font-semibold tabular-nums">{value}</dd>
      {note && <dd className="text-sm text-ink-faint">{note}</dd>}
    </div>
  )
}
