import { clsx } from 'clsx'
import { Check } from 'lucide-react'
import { formatDuration } from '#components/console/format-time'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import type { MoveView } from '@rowhouse/tenancy/moves'
import type { MoveState } from '@rowhouse/tenancy/schema'

const steps: { state: MoveState; name: string; about: string }[] = [
  { state: 'requested', name: 'Asked for', about: 'Written down with who and why.' },
  {
    state: 'provisioned',
    name: 'Place made',
    about: 'Schema, login and empty tables at the target.',
  },
  {
    state: 'capturing',
    name: 'Changes logged',
    about: 'Every key that changes from here on is kept.',
  },
  { state: 'copied', name: 'Rows copied', about: 'Everything as of one instant.' },
  { state: 'indexed', name: 'Indexes built', about: 'Indexes, foreign keys, statistics.' },
  { state: 'caught_up', name: 'Caught up', about: 'What changed meanwhile came over.' },
  { state: 'verified', name: 'Compared', about: 'Both sides the same, row by row.' },
  { state: 'switched', name: 'Switched', about: 'The tenant lives in its new place.' },
  { state: 'confirmed', name: 'Confirmed', about: 'The way back is given up.' },
  { state: 'cleaned', name: 'Cleared up', about: 'Nothing is left of the old copy.' },
]

/** The list of steps, each with when it was reached and how long it took. */
export function MoveSteps({ move }: { move: MoveView }) {
  const reached = new Map(move.events.map((event) => [event.event, event]))
  const at = lastReached(move, reached)
  const ended = ['aborted', 'aborting'].includes(move.state)
  return (
    <Card labelledBy="steps">
      <CardHeader id="steps" title="Steps" />
      <CardBody>
        <ol className="grid">
          {steps.map(({ state, name, about }, i) => {
            const done = i <= at
            const current = i === at + 1 && !ended && !move.over && move.state !== 'switched'
            const took = reached.get(state)?.tookMs
            return (
              <li
                key={state}
                aria-current={current ? 'step' : undefined}
                className="relative flex gap-3 pb-4 last:pb-0 [&:not(:last-child)]:before:absolute [&:not(:last-child)]:before:top-5 [&:not(:last-child)]:before:bottom-0 [&:not(:last-child)]:before:left-2.5 [&:not(:last-child)]:before:w-px [&:not(:last-child)]:before:bg-line-strong"
              >
                <span
                  className={clsx(
                    'relative z-10 grid size-5 shrink-0 place-items-center rounded-full border',
                    done
                      ? 'border-accent bg-accent text-accent-ink'
                      : current
                        ? 'breathe border-accent bg-accent-soft'
                        : 'border-line-strong bg-panel',
                  )}
                >
                  {done && <Check aria-hidden className="size-3" strokeWidth={3} />}
                </span>
                <div className="min-w-0 grow">
                  <p
                    className={clsx(
                      'flex justify-between gap-2 font-medium',
                      !done && !current && 'text-ink-faint',
                    )}
                  >
                    {name}
                    <span className="sr-only">
                      {done ? ', done' : current ? ', under way' : ', to come'}
                    </span>
                    {took != null && (
                      <span className="font-normal text-ink-faint tabular-nums">
                        {formatDuration(took)}
                      </span>
                    )}
                  </p>
                  <p className="text-sm text-pretty text-ink-faint">{about}</p>
                </div>
              </li>
            )
          })}
        </ol>
      </CardBody>
    </Card>
  )
}

function lastReached(move: MoveView, reached: Map<string, unknown>): number {
  const now = steps.findIndex(({ state }) => state === move.state)
  return now >= 0 ? now : steps.findLastIndex(({ state }) => reached.has(state))
}
