import { clsx } from 'clsx'
import { Check } from 'lucide-react'
import { formatDuration } from '#components/console/format-time'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { factsOf, moveSteps } from '@rowhouse/tenancy/move-states'
import type { MoveView, ViewedEvent } from '@rowhouse/tenancy/moves'

/** The steps of a move, each with how long it took. */
export function MoveSteps({ move }: { move: MoveView }) {
  const reached = new Map(move.events.map((event) => [event.event, event]))
  const at = lastReached(move, reached)
  const advancing = factsOf(move.state).waitsFor === 'worker' && move.state !== 'aborting'
  return (
    <Card labelledBy="steps">
      <CardHeader id="steps" title="Steps" />
      <CardBody>
        <ol className="grid">
          {moveSteps.map(({ state, label, description }, i) => {
            const done = i <= at
            const current = i === at + 1 && advancing
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
                    {label}
                    <span className="sr-only">
                      {done ? ', done' : current ? ', under way' : ', to come'}
                    </span>
                    {took != null && (
                      <span className="font-normal text-ink-faint tabular-nums">
                        {formatDuration(took)}
                      </span>
                    )}
                  </p>
                  <p className="text-sm text-pretty text-ink-faint">{description}</p>
                </div>
              </li>
            )
          })}
        </ol>
      </CardBody>
    </Card>
  )
}

function lastReached(move: MoveView, reached: Map<ViewedEvent['event'], unknown>): number {
  const now = moveSteps.findIndex(({ state }) => state === move.state)
  return now >= 0 ? now : moveSteps.findLastIndex(({ state }) => reached.has(state))
}
