'use client'

import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { AttackProbeRow, type ProbeSummary } from '#components/isolation/attack-probe-row'
import { useAction } from '#components/forms/use-action'
import { useScope } from '#components/tenant-scope'
import { Button } from '#components/ui/button'
import { Card, CardHeader } from '#components/ui/card'
import type { ProbeResult } from '#db/product/attack-probes'

type Props = { probes: ProbeSummary[]; action: Action<ProbeResult> }

/** Runs real probes, one transaction each. */
export function AttackProbes({ probes, action }: Props) {
  const { tenantId } = useScope()
  const [results, setResults] = useState<Record<string, ProbeResult>>({})
  const [queue, setQueue] = useState<string[]>([])
  const { pending, run } = useAction(async (_: unknown, input) => {
    const { names } = input as { names: string[] }
    for (const name of names) {
      setQueue(names.slice(names.indexOf(name)))
      const response = await action(null, { _tenant: tenantId, name })
      if (!response.ok) return response
      setResults((all) => ({ ...all, [name]: response.result }))
    }
    setQueue([])
    return { ok: true as const, result: null }
  })
  const done = Object.values(results)
  const others = done.reduce((sum, { others }) => sum + others, 0)
  return (
    <Card labelledBy="attack-probes" className="overflow-hidden">
      <CardHeader id="attack-probes" title="Try to break in">
        <div className="flex items-center gap-3">
          <p aria-live="polite" className="text-sm text-ink-soft tabular-nums">
            {done.length > 0 &&
              `${done.length} of ${probes.length} tried, ${others} rows of others came out`}
          </p>
          <Button
            look="primary"
            size="small"
            disabled={pending}
            onClick={() => run({ names: probes.map(({ name }) => name) })}
          >
            Try them all
          </Button>
        </div>
      </CardHeader>
      <p className="px-4 pb-3 text-ink-soft sm:px-5">
        Each button sends its SQL in a tenant transaction, as the rest of this product does, aimed
        at a real other tenant, and shows what the database answered. Whatever it does is undone.
      </p>
      <ul>
        {probes.map((probe) => (
          <AttackProbeRow
            key={probe.name}
            probe={probe}
            result={results[probe.name]}
            running={pending && queue[0] === probe.name}
            disabled={pending}
            onTry={() => run({ names: [probe.name] })}
          />
        ))}
      </ul>
    </Card>
  )
}
