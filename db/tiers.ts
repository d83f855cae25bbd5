import type { PlacementKind, TierDefinition } from '@rowhouse/tenancy'

// Plain values, for browsers too: nothing of the database comes along.

/** What a tenant pays for: where its rows are, what it may use, and for how long it keeps rows. */
export const tiers = {
  starter: {
    placement: 'shared',
    limits: {
      statementMs: 5_000,
      concurrent: 2,
      requestsPerMinute: 600,
      apiPerMinute: 120,
      exportRows: 100_000,
    },
    retentionDays: { least: 90, most: 1095 },
  },
  business: {
    placement: 'schema',
    limits: {
      statementMs: 15_000,
      concurrent: 6,
      requestsPerMinute: 3_000,
      apiPerMinute: 600,
      exportRows: 1_000_000,
    },
    retentionDays: { least: 30, most: 3650 },
  },
  enterprise: {
    placement: 'database',
    limits: {
      statementMs: 25_000,
      concurrent: 12,
      requestsPerMinute: 12_000,
      apiPerMinute: 3_000,
      exportRows: 10_000_000,
    },
    retentionDays: { least: 7, most: 36_500 },
  },
} as const satisfies Record<string, TierDefinition>

export type Tier = keyof typeof tiers
export const tierNames = Object.keys(tiers) as Tier[]

/**
 * A tier by the name that a row has.
 * @throws RangeError for a name that `tiers` does not have.
 */
export function asTier(name: string): Tier {
  const tier = tierNames.find((known) => known === name)
  if (!tier)
    throw new RangeError(`there is no tier ${name}; db/tiers.ts has ${tierNames.join(', ')}`)
  return tier
}

/**
 * The tier that goes with a placement: the tenant's own where it fits, or the only one that is
 * placed there. Where several tiers are, or none is, the tenant keeps its tier.
 */
export function tierFor(placement: PlacementKind, current: Tier): Tier {
  if (tiers[current].placement === placement) return current
  const [only, ...others] = tierNames.filter((name) => tiers[name].placement === placement)
  return only && others.length === 0 ? only : current
}
