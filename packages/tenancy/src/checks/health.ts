import { endWhenSilent } from '#tenancy/base/connect'
import { ConfigurationError, TooBusy } from '#tenancy/base/errors'
import { timings } from '#tenancy/base/timings'
import { connectionString } from '#tenancy/registry/placements'
import { platformPool, tenantPools } from '#tenancy/registry/pools'
import { checkMain } from '#tenancy/checks/doctor'
import { type Violation } from '#tenancy/base/schema'
import { assertBuildCompatible } from '#tenancy/migrations/startup-check'
import { assertSafeLogins } from '#tenancy/checks/safe-logins'
import { stateOf, type Tenancy } from '#tenancy/base/tenancy'

type Readiness = { ready: boolean; problems: string[] }

const sharedPlacement = { server: null, database: null, login: null, password: null }

const running = stateOf('readiness', (): { current?: Promise<Readiness> } => ({}))

/**
 * Checks whether the app may serve requests: the main database answers, also on the way of tenants, its logins have no
 * dangerous privileges, no newer schema breaks this build, and every invariant holds. Concurrent
 * callers share one check: the endpoint is public, and each check opens connections outside the
 * pools.
 * @param tenancy - The instance.
 * @returns Whether the app is ready, and a sentence for each problem.
 */
export function readiness(tenancy: Tenancy): Promise<Readiness> {
  const state = running(tenancy)
  return (state.current ??= check(tenancy).finally(() => delete state.current))
}

async function check(tenancy: Tenancy): Promise<Readiness> {
  try {
    await platformPool(tenancy).query('select')
    await assertSafeLogins(tenancy)
    await assertBuildCompatible(tenancy)
    await enterAsTenants(tenancy)
    const { findings } = await checkMain(tenancy)
    return { ready: findings.length === 0, problems: findings.map(readinessSentence) }
  } catch (error) {
    return { ready: false, problems: [error instanceof Error ? error.message : String(error)] }
  }
}

/**
 * Takes the way of a tenant in shared tables: pool, connection string, search_path and functions. A pool
 * without a free connection is a busy one.
 */
async function enterAsTenants(tenancy: Tenancy): Promise<void> {
  const url = connectionString(tenancy, sharedPlacement)
  const lease = await tenantPools(tenancy)
    .lease(url)
    .catch((error: unknown) => {
      if (TooBusy.is(error)) return undefined
      throw error
    })
  if (!lease) return
  const stopWatching = endWhenSilent(lease.client, timings.platformAnswer)
  let failure: Error | undefined
  try {
    const { rows } = await lease.client.query<{ schema: string | null }>(
      'select current_schema() as schema, tenancy.tenant() as tenant',
    )
    const schema = rows[0]?.schema
    if (schema !== 'shared')
      throw new ConfigurationError([
        `connections of rowhouse_tenant start in the schema ${schema}, not in shared: a pooler or a parameter of TENANT_DATABASE_URL changes the search_path`,
      ])
  } catch (error) {
    failure = error as Error
    throw error
  } finally {
    stopWatching()
    lease.release(failure)
  }
}

/**
 * Formats a violation as one line.
 * @param violation - The violation.
 * @returns Its check, object and reason.
 */
export const readinessSentence = (violation: Violation): string =>
  `${violation.check}: ${violation.object}: ${violation.why}`
