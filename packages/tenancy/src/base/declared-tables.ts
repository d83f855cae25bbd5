import {
  declarationsOf,
  type ControlPlaneTable,
  type TenantTable,
} from '#tenancy/base/data-lifecycle'
import { ConfigurationError } from '#tenancy/base/errors'
import * as engineSchema from '#tenancy/base/schema'
import { stateOf, type Tenancy } from '#tenancy/base/tenancy'

/**
 * Reads the declarations of the engine's and the app's tables.
 * @param tenancy - The instance.
 * @returns Tenant tables, and tables of the main database.
 * @throws ConfigurationError when a schema file has a table without a declaration.
 */
export const declaredTables: (tenancy: Tenancy) => {
  tenant: readonly TenantTable[]
  controlPlane: readonly ControlPlaneTable[]
} = stateOf('declared tables', ({ config }) => {
  const { undeclared, ...tables } = declarationsOf([engineSchema, ...config.schemas])
  if (undeclared.length > 0)
    throw new ConfigurationError(
      undeclared.map(
        (name) =>
          `the table ${name} does not declare what happens to its rows: call ${name.includes('.') ? 'controlPlaneTable' : 'tenantTable'}() beside it, in its schema file`,
      ),
    )
  return tables
})
