import type { TierDefinition } from '@rowhouse/tenancy'

// Plain values, without imports from the database, because browsers load this file too.

/**
 * What tenants pay for, cheapest first. To add a tier, add it here and nowhere else. A tier determines
 * where new tenants are placed; never derive a tier from a placement, because several tiers may share
 * one.
 */
export const tiers = {
  starter: {
    label: 'Starter',
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
    label: 'Business',
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
    label: 'Enterprise',
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
} as const satisfies Record<string, TierDefinition & { label: string }>

export type Tier = keyof typeof tiers
export const tierNames = Object.keys(tiers) as Tier[]

/**
 * Finds a tier by the name in a database row.
 *
 * @throws RangeError for a name that `tiers` does not have.
 */
export function asTier(name: string): Tier {
  const tier = tierNames.find((known) => known === name)
  if (!tier)
    throw new RangeError(`there is no tier ${name}; db/tiers.ts has ${tierNames.join(', ')}`)
  return tier
}

/** The tier of new tenants when none is chosen. */
export const defaultTier: Tier = 'starter'
