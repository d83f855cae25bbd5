import { platformPool } from '#db/pools'
import { examineMain } from '#db/doctor/doctor'
import type { Offender } from '#db/schema/console'
import { assertBuildFits } from '#db/fleet/gate'
import { assertSafeLogins } from '#db/safe-logins'

type Readiness = { ready: boolean; problems: string[] }

let looking: Promise<Readiness> | undefined

/**
 * Whether the app may serve: the main database answers, its logins are harmless, no newer schema
 * breaks this build, and every invariant holds. One look for all who ask meanwhile: anybody may
 * ask, and each look opens connections that no pool bounds.
 */
export function readiness(): Promise<Readiness> {
  looking ??= look().finally(() => void (looking = undefined))
  return looking
}

async function look(): Promise<Readiness> {
  try {
    await platformPool().query('select')
    await assertSafeLogins()
    await assertBuildFits()
    const { findings } = await examineMain()
    return { ready: findings.length === 0, problems: findings.map(sentence) }
  } catch (error) {
    return { ready: false, problems: [error instanceof Error ? error.message : String(error)] }
  }
}

export const sentence = ({ check, object, why }: Offender): string => `${check}: ${object}: ${why}`
