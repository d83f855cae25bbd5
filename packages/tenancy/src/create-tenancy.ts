import { declaredTables } from '#tenancy/base/declared-tables'
import { type Tenancy, type TenancyConfig } from '#tenancy/base/tenancy'

/**
 * Makes one instance of the engine. It opens nothing by itself: pools and caches are made when they
 * are first needed, and belong to this instance alone.
 * @throws ConfigurationError when a table does not say what happens to its rows.
 */
export function createTenancy(config: TenancyConfig): Tenancy {
  const tenancy = { config, state: new Map() }
  declaredTables(tenancy)
  return tenancy
}
