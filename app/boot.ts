import { env } from '#db/env'
import { assertSafeLogins } from '#db/safe-logins'

/** Before the first request: the configuration is whole, and no login could get around the policies. Otherwise the process ends. */
export async function boot(): Promise<void> {
  try {
    env()
    await assertSafeLogins()
  } catch (error) {
    console.error(`Rowhouse does not start: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}
