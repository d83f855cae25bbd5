import { type Tenancy, type TierDefinition } from '#tenancy/base/tenancy'
import { ConfigurationError } from '#tenancy/base/errors'

/**
 * Returns a tier of the configuration.
 * @throws ConfigurationError when a tenant has a tier that the configuration does not define.
 */
export function tierOf({ config }: Tenancy, name: string): TierDefinition {
  const tier = Object.hasOwn(config.tiers, name) ? config.tiers[name] : undefined
  if (!tier)
    throw new ConfigurationError([
      `there is no tier ${name}; the configuration defines ${Object.keys(config.tiers).join(', ')}`,
    ])
  return tier
}
