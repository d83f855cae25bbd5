'use client'

import { useRef, useState } from 'react'
import type { Action, ActionState } from '#app/_actions/action'
import { ServerField } from '#components/console/server-field'
import { TierChoice } from '#components/console/tier-choice'
import { TierPlan, type Plan } from '#components/console/tier-plan'
import { tierLabels } from '#components/console/labels'
import { ActionForm } from '#components/forms/action-form'
import { callAction } from '#components/forms/call-action'
import { SubmitButton, TextareaField } from '#components/forms/fields'
import type { Formats } from '#components/formats'
import { Card, CardBody } from '#components/ui/card'
import { tierNames, type Tier } from '#db/tiers'

type Props = {
  slug: string
  name: string
  now: Tier
  formats: Formats
  actions: { plan: Action<Plan>; change: Action<unknown> }
}

/**
 * Choose, see what it means, say why. The button works once a dry run of exactly this choice has
 * gone well.
 */
export function TierForm({ slug, name, now, formats, actions }: Props) {
  const [tier, setTier] = useState<Tier | null>(null)
  const [elsewhere, setElsewhere] = useState(false)
  const { plan, looking, look, forget } = useTierPlan(slug, actions.plan)

  function choose(next: Tier) {
    setTier(next)
    setElsewhere(false)
    void look(next)
  }

  function chooseServer(other: boolean) {
    setElsewhere(other)
    forget()
    if (!other) void look('enterprise')
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
            tiers={tierNames.filter((one) => one !== now)}
            now={now}
            chosen={tier}
            onChoose={choose}
          />
          {tier === 'enterprise' && (
            <ServerField
              elsewhere={elsewhere}
              onChoose={chooseServer}
              busy={looking}
              onCheck={(url) => void look('enterprise', url)}
              onChange={forget}
            />
          )}
          {tier && <TierPlan plan={plan} looking={looking} waiting={elsewhere} formats={formats} />}
          {tier && (
            <>
              <TextareaField
                name="reason"
                label="Reason"
                hint="Kept in the audit trail."
                rows={2}
                maxLength={500}
              />
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

/** The dry run of the newest choice. */
function useTierPlan(slug: string, action: Action<Plan>) {
  const [plan, setPlan] = useState<ActionState<Plan> | null>(null)
  const [looking, setLooking] = useState(false)
  const looks = useRef(0)

  async function look(tier: Tier, databaseUrl = '') {
    forget()
    const mine = looks.current
    setLooking(true)
    const answer = await callAction(action, { slug, tier, ...(databaseUrl && { databaseUrl }) })
    if (mine !== looks.current) return
    setLooking(false)
    setPlan(answer)
  }

  /**
   * Another choice: what was found for the one before, or is still being found, does not hold for
   * it.
   */
  function forget() {
    looks.current++
    setPlan(null)
    setLooking(false)
  }

  return { plan, looking, look, forget }
}
