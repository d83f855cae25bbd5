import { platformPool } from '#tenancy/registry/pools'
import { checkMain } from '#tenancy/checks/doctor'
import { type Violation } from '#tenancy/base/schema'
import { assertBuildCompatible } from '#tenancy/migrations/startup-check'
import { assertSafeLogins } from '#tenancy/checks/safe-logins'
import { stateOf, type Tenancy } from '#tenancy/base/tenancy'

type Readiness = { ready: boolean; problems: string[] }

const looks = stateOf('readiness', (): { current?: Promise<Readiness> } => ({}))

/**
 * Whether the app may serve: the main database answers, its logins are harmless, no newer schema
 * breaks this build, and every invariant holds. One look for all who ask meanwhile: anybody may
 * ask, and each look opens connections that no pool bounds.
 */
export function readiness(tenancy: Tenancy): Promise<Readiness> {
  const held = looks(tenancy)
  return (held.current ??= look(tenancy).finally(() => delete held.current))
}

async function look(tenancy: Tenancy): Promise<Readiness> {
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

export const readinessSentence = ({ check, object, why }: Violation): string =>
  `${check}: ${object}: ${why}`
