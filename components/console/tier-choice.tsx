'use client'

import { clsx } from 'clsx'
import { placementLabels, tierLabels } from '#components/console/labels'
import { tierNames, tiers, type Tier } from '#db/tiers'
import type { PlacementKind } from '@rowhouse/tenancy'

const descriptions: Record<PlacementKind, string> = {
  shared: 'Rows among those of others, kept apart by row-level security.',
  schema: 'A dedicated schema, and a dedicated role that sees no other.',
  database: 'A dedicated database and a dedicated role, here or on another server.',
}

type Props = { choices: Tier[]; now: Tier; chosen: Tier | null; onChoose: (tier: Tier) => void }

export function TierChoice({ choices, now, chosen, onChoose }: Props) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-2 text-sm font-medium">New tier</legend>
      <div className="grid gap-3 sm:grid-cols-2">
        {choices.map((tier) => (
          <label
            key={tier}
            className={clsx(
              'grid cursor-pointer content-start gap-1 rounded-lg border p-4 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent',
              chosen === tier
                ? 'border-accent bg-accent-soft'
                : 'border-line-strong bg-raised hover:bg-sunken',
            )}
          >
            <span className="flex items-center gap-2 font-semibold">
              <input
                type="radio"
                name="tier"
                value={tier}
                checked={chosen === tier}
                onChange={() => onChoose(tier)}
                className="size-4 accent-accent"
              />
              {tierLabels[tier]}
              <span className="ml-auto text-sm font-normal text-ink-soft">
                {rank(tier) > rank(now) ? 'up' : 'down'}
              </span>
            </span>
            <span className="text-sm font-medium">{placementLabels[tiers[tier].placement]}</span>
            <span className="text-sm text-pretty text-ink-soft">
              {descriptions[tiers[tier].placement]}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

const rank = (tier: Tier) => tierNames.indexOf(tier)
