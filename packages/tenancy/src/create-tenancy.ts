import { declaredTables } from '#tenancy/base/declared-tables'
import { type Tenancy, type TenancyConfig } from '#tenancy/base/tenancy'

/**
 * Creates an instance of the engine. It opens no connection: pools and caches are created when they
 * are first needed, and belong to this instance only.
 * @param config - The configuration.
 * @returns The instance, which is the first parameter of most functions.
 * @throws ConfigurationError when a table does not declare what happens to its rows.
 */
export function createTenancy(config: TenancyConfig): Tenancy {
  const tenancy = { config, state: new Map() }
  declaredTables(tenancy)
  return tenancy
}
