'use client'

import { useRef, useState } from 'react'
import type { Action, ActionState } from '#app/_actions/action'
import { ServerField } from '#components/console/server-field'
import { TierChoice } from '#components/console/tier-choice'
import { TierPlan, type Plan } from '#components/console/tier-plan'
import { tierLabels } from '#components/console/labels'
import { ActionForm } from '#components/forms/action-form'
import { callAction } from '#components/forms/call-action'
import { ReasonField, SubmitButton } from '#components/forms/fields'
import type { Formats } from '#components/formats'
import { Card, CardBody } from '#components/ui/card'
import { tierNames, tiers, type Tier } from '#db/tiers'

type Props = {
  slug: string
  name: string
  now: Tier
  formats: Formats
  actions: { plan: Action<Plan>; change: Action<unknown> }
}

/** The submit button is enabled once a dry run of exactly this choice has succeeded. */
export function TierForm({ slug, name, now, formats, actions }: Props) {
  const [tier, setTier] = useState<Tier | null>(null)
  const [otherServer, setOtherServer] = useState(false)
  const { plan, loading, dryRun, reset } = useTierPlan(slug, actions.plan)

  function choose(next: Tier) {
    setTier(next)
    setOtherServer(false)
    void dryRun(next)
  }

  function chooseServer(other: boolean) {
    setOtherServer(other)
    reset()
    if (!other && tier) void dryRun(tier)
  }

  return (
    <Card>
      <CardBody className="pt-5">
        <ActionForm
          action={actions.change}
          hidden={{ slug }}
          label={`Change the tier of ${name}`}
          className="grid gap-6"
        >
          <TierChoice
            choices={tierNames.filter((one) => one !== now)}
            now={now}
            chosen={tier}
            onChoose={choose}
          />
          {tier && tiers[tier].placement === 'database' && (
            <ServerField
              otherServer={otherServer}
              onChoose={chooseServer}
              busy={loading}
              onCheck={(url) => void dryRun(tier, url)}
              onChange={reset}
            />
          )}
          {tier && (
            <>
              <TierPlan plan={plan} loading={loading} needsCheck={otherServer} formats={formats} />
              <ReasonField />
              <div className="flex justify-end">
                <SubmitButton wraps {...(!plan?.ok && { disabled: true })}>
                  Move {name} to {tierLabels[tier]}
                </SubmitButton>
              </div>
            </>
          )}
        </ActionForm>
      </CardBody>
    </Card>
  )
}

/** The dry run of the latest choice. */
function useTierPlan(slug: string, action: Action<Plan>) {
  const [plan, setPlan] = useState<ActionState<Plan> | null>(null)
  const [loading, setLoading] = useState(false)
  const runs = useRef(0)

  async function dryRun(tier: Tier, databaseUrl = '') {
    reset()
    const run = runs.current
    setLoading(true)
    const response = await callAction(action, { slug, tier, ...(databaseUrl && { databaseUrl }) })
    if (run !== runs.current) return
    setLoading(false)
    setPlan(response)
  }

  /** Discards the plan of an earlier choice, and the response to a dry run that is running. */
  function reset() {
    runs.current++
    setPlan(null)
    setLoading(false)
  }

  return { plan, loading, dryRun, reset }
}
