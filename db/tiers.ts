// Plain values, for browsers too: nothing of the database comes along.

/** What a tenant pays for. */
export const tiers = ['starter', 'business', 'enterprise'] as const
/** Where a tenant's rows live. */
export const placementKinds = ['shared', 'schema', 'database'] as const
export type Tier = (typeof tiers)[number]
export type PlacementKind = (typeof placementKinds)[number]
