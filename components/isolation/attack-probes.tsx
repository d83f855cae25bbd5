'use client'

import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { AttackProbeRow, type AttackProbe } from '#components/isolation/attack-probe-row'
import { useAction } from '#components/forms/use-action'
import { useScope } from '#components/tenant-scope'
import { Button } from '#components/ui/button'
import { Card, CardHeader } from '#components/ui/card'
import type { Outcome } from '#db/product/attack-probes'

type Props = { attempts: AttackProbe[]; action: Action<Outcome> }

/** Real attempts, one transaction each: nothing is played. */
export function AttackProbes({ attempts, action }: Props) {
  const { tenantId } = useScope()
  const [outcomes, setOutcomes] = useState<Record<string, Outcome>>({})
  const [queue, setQueue] = useState<string[]>([])
  const { pending, run } = useAction(async (_: unknown, input) => {
    const { names } = input as { names: string[] }
    for (const name of names) {
      setQueue(names.slice(names.indexOf(name)))
      const answer = await action(null, { _tenant: tenantId, name })
      if (!answer.ok) return answer
      setOutcomes((all) => ({ ...all, [name]: answer.result }))
    }
    setQueue([])
    return { ok: true as const, result: null }
  })
  const done = Object.values(outcomes)
  const others = done.reduce((sum, { others }) => sum + others, 0)
  return (
    <Card labelledBy="break-ins" className="overflow-hidden">
      <CardHeader id="break-ins" title="Try to break in">
        <div className="flex items-center gap-3">
          <p aria-live="polite" className="text-sm text-ink-soft tabular-nums">
            {done.length > 0 &&
              `${done.length} of ${attempts.length} tried, ${others} rows of others came out`}
          </p>
          <Button
            look="primary"
            size="small"
            disabled={pending}
            onClick={() => run({ names: attempts.map(({ name }) => name) })}
          >
            Try them all
          </Button>
        </div>
      </CardHeader>
      <p className="px-4 pb-3 text-ink-soft sm:px-5">
        Each button sends its SQL through the same door as the rest of this product, aimed at a real
        other tenant, and shows what the database answered. Whatever it does is undone.
      </p>
      <ul>
        {attempts.map((attempt) => (
          <AttackProbeRow
            key={attempt.name}
            attempt={attempt}
            outcome={outcomes[attempt.name]}
            running={pending && queue[0] === attempt.name}
            disabled={pending}
            onTry={() => run({ names: [attempt.name] })}
          />
        ))}
      </ul>
    </Card>
  )
}
