import { type Tenancy, type TenancyConfig } from '#tenancy/base/tenancy'

/**
 * Makes one instance of the engine. It opens nothing by itself: pools and caches are made when they
 * are first needed, and belong to this instance alone.
 */
export const createTenancy = (config: TenancyConfig): Tenancy => ({ config, state: new Map() })
