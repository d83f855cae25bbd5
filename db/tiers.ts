import type { TierDefinition } from '@rowhouse/tenancy'

// Plain values, for browsers too: nothing of the database comes along.

/**
 * What a tenant pays for, cheapest first. A tier is added here and nowhere else; it says where new
 * tenants are placed, and is never computed from a placement: several tiers may share one.
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
 * A tier by the name that a row has.
 * @throws RangeError for a name that `tiers` does not have.
 */
export function asTier(name: string): Tier {
  const tier = tierNames.find((known) => known === name)
  if (!tier)
    throw new RangeError(`there is no tier ${name}; db/tiers.ts has ${tierNames.join(', ')}`)
  return tier
}

/** The tier of a new tenant when nobody chose one. */
export const defaultTier: Tier = 'starter'
