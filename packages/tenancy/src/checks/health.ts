import { platformPool } from '#tenancy/registry/pools'
import { checkMain } from '#tenancy/checks/doctor'
import { type Violation } from '#tenancy/base/schema'
import { assertBuildCompatible } from '#tenancy/migrations/startup-check'
import { assertSafeLogins } from '#tenancy/checks/safe-logins'
import { stateOf, type Tenancy } from '#tenancy/base/tenancy'

type Readiness = { ready: boolean; problems: string[] }

const running = stateOf('readiness', (): { current?: Promise<Readiness> } => ({}))

/**
 * Checks whether the app may serve requests: the main database answers, its logins have no
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
    const { findings } = await checkMain(tenancy)
    return { ready: findings.length === 0, problems: findings.map(readinessSentence) }
  } catch (error) {
    return { ready: false, problems: [error instanceof Error ? error.message : String(error)] }
  }
}

/**
 * Formats a violation as one line.
 * @param violation - The violation.
 * @returns Its check, object and reason.
 */
export const readinessSentence = (violation: Violation): string =>
  `${violation.check}: ${violation.object}: ${violation.why}`
