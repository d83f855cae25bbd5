import { examineMain } from '#db/doctor/doctor'
import { sentence } from '#db/doctor/health'
import { env } from '#db/env'
import { listenForPlacements } from '#db/placement-listener'
import { assertSafeLogins } from '#db/safe-logins'

/**
 * Before the first request: the configuration is whole, no login could get around the policies, and every invariant of the main
 * database holds. Otherwise the process ends. A database that is merely away is waited for: each request says so until it is back.
 */
export async function boot(): Promise<void> {
  try {
    env()
    await assertSafeLogins()
    const { findings } = await examineMain()
    if (findings.length > 0) throw new Error(`the database is not safe to serve from (\`doctor\` tells more):\n${findings.map((finding) => `  - ${sentence(finding)}`).join('\n')}`)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ECONNREFUSED' && code !== '57P03') {
      console.error(`Rowhouse does not start: ${error instanceof Error ? error.message : String(error)}`)
      process.exit(1)
    }
    console.error('The database does not answer yet; start-up checks are repeated until it does.')
    setTimeout(() => void boot(), 1000)
    return
  }
  listenForPlacements()
}
