import { platformPool } from '#db/pools'
import { examineMain, type Finding } from '#db/doctor/doctor'
import { assertBuildFits } from '#db/fleet/gate'
import { assertSafeLogins } from '#db/safe-logins'

/** Whether the app may serve: the main database answers, its logins are harmless, no newer schema breaks this build, and every invariant holds. */
export async function readiness(): Promise<{ ready: boolean; problems: string[] }> {
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

export const sentence = ({ check, object, why }: Finding): string => `${check}: ${object}: ${why}`
