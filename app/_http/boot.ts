import { shutDownOnSignal } from '#app/_http/graceful-shutdown'
import { logRequests } from '#app/_http/request-log'
import {
  assertDirectLogins,
  assertSafeLogins,
  checkMain,
  readinessSentence,
} from '@rowhouse/tenancy/checks'
import { assertLoginUrls, env } from '#db/env'
import { assertBuildCompatible } from '@rowhouse/tenancy/migrations'
import { errorFields, log } from '#db/log'
import { listenForPlacements } from '@rowhouse/tenancy/moves'
import { startTracing } from '#db/tracing'
import { checkPipeline, isConnectionError, logins, storeUsage } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

/** Runs once per process: start-up checks, then background work. */
export async function boot(): Promise<void> {
  await check()
  const sendSpans = await startTracing()
  logRequests()
  const stopListening = listenForPlacements(tenancy())
  const storeRest = storeUsage(tenancy())
  if (process.env.NEXT_MANUAL_SIG_HANDLE)
    shutDownOnSignal(() => Promise.all([storeRest(), stopListening(), sendSpans()]))
  if (env().NODE_ENV === 'production') quietConsole()
}

/**
 * Checks that the configuration is complete, that no login can bypass the policies, that no pooler breaks
 * sessions, that no newer
 * schema breaks this build, and that every invariant of the main database holds. Otherwise the
 * process exits. An unreachable database is retried every second, while requests fail.
 */
async function check(): Promise<void> {
  try {
    assertLoginUrls(logins)
    await assertSafeLogins(tenancy())
    await assertDirectLogins(tenancy(), { listens: true })
    await assertBuildCompatible(tenancy())
    await checkPipeline(tenancy())
    const { findings } = await checkMain(tenancy())
    if (findings.length > 0)
      throw new Error(
        `the database is not safe to serve from (\`doctor\` has the details):\n${findings.map((finding) => `  - ${readinessSentence(finding)}`).join('\n')}`,
      )
  } catch (error) {
    if (!isConnectionError(error)) {
      console.error(
        `Rowhouse does not start: ${error instanceof Error ? error.message : String(error)}`,
      )
      process.exit(1)
    }
    console.error('The database does not answer yet; start-up checks are repeated until it does.')
    setTimeout(() => void check(), 1000)
  }
}

/**
 * Next prints whole errors, and PostgreSQL errors can contain the values of rows. In production
 * the log gets their class and code instead.
 */
function quietConsole(): void {
  console.error = (...values: unknown[]) =>
    log().error(
      {
        console: values.map((one) =>
          typeof one === 'string' ? one.slice(0, 300) : errorFields(one),
        ),
      },
      'error',
    )
}
