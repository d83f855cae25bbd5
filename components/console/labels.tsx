import { clsx } from 'clsx'
import { Boxes, Database, Layers2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { PlacementKind } from '@rowhouse/tenancy'
import { type Tier, asTier, tierNames, tiers } from '#db/tiers'

export const tierLabels = Object.fromEntries(
  tierNames.map((tier) => [tier, tiers[tier].label]),
) as Record<Tier, string>
/** The label of a tier, by the name that is stored in rows. */
export const tierLabel = (name: string): string => tiers[asTier(name)].label
export const placementLabels: Record<PlacementKind, string> = {
  shared: 'Shared tables',
  schema: 'Own schema',
  database: 'Own database',
}
const kindIcons: Record<PlacementKind, typeof Boxes> = {
  shared: Boxes,
  schema: Layers2,
  database: Database,
}

export function PlacementLabel({ kind, server }: { kind: PlacementKind; server?: string | null }) {
  const Icon = kindIcons[kind]
  return (
    <span className="inline-flex items-center gap-1.5 align-top whitespace-nowrap">
      <Icon aria-hidden className="size-4 text-ink-faint" />
      {placementLabels[kind]}
      {server && <span className="text-ink-faint">on {server}</span>}
    </span>
  )
}

const tones = {
  plain: 'text-ink-soft before:bg-edge',
  good: 'text-ink before:bg-delivered',
  busy: 'text-ink before:bg-bar before:breathe',
  warn: 'text-warn before:bg-warn',
  bad: 'text-danger before:bg-danger',
}
export type Tone = keyof typeof tones

/** A label with a coloured dot. The text alone has to convey the state. */
export function StateLabel({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span
      className={clsx(
        "inline-flex items-center gap-1.5 align-top whitespace-nowrap before:size-2 before:shrink-0 before:rounded-full before:content-['']",
        tones[tone],
      )}
    >
      {children}
    </span>
  )
}
