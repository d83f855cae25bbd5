import { createHmac } from 'node:crypto'
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
import { checkPipeline, logins, storeUsage } from '@rowhouse/tenancy'
import { isWorkerMissing, secondsSinceWorker } from '@rowhouse/tenancy/admin'
import { UnsafeDatabase } from '#db/errors'
import { explainError } from '#db/explain-error'
import { platform, tenancy } from '#db/tenancy'
import { waitForDatabase } from '#db/wait-for-database'

/** Runs once per process: start-up checks, then background work. */
export async function boot(): Promise<void> {
  setActionKey()
  await startUpChecks()
  const sendSpans = await startTracing()
  logRequests()
  const stopListening = listenForPlacements(tenancy())
  const storeRest = storeUsage(tenancy())
  if (process.env.NEXT_MANUAL_SIG_HANDLE)
    shutDownOnSignal(() => Promise.all([storeRest(), stopListening(), sendSpans()]))
  if (env().NODE_ENV === 'production') quietConsole()
}

/**
 * Runs the checks, after which the process exits if one fails. While the database cannot be reached they
 * are repeated; this resolves after the first attempt then, so that the app answers its probes.
 */
function startUpChecks(): Promise<void> {
  return new Promise((resolve) => {
    waitForDatabase(check, { onAttempt: resolve }).then(resolve, (error: unknown) => {
      log().fatal({ err: error, why: explainError(error) }, 'the app does not start')
      process.exit(1)
    })
  })
}

/**
 * Checks that the configuration is complete, that no login can bypass the policies, that no pooler
 * breaks sessions, that no newer schema breaks this build, and that every invariant of the main
 * database holds.
 */
async function check(): Promise<void> {
  assertLoginUrls(logins)
  await assertSafeLogins(tenancy())
  await assertDirectLogins(tenancy(), { listens: true })
  await assertBuildCompatible(tenancy())
  await checkPipeline(tenancy())
  const { findings } = await checkMain(tenancy())
  if (findings.length > 0) throw new UnsafeDatabase(findings.map(readinessSentence))
  if (env().NODE_ENV === 'production') await warnWithoutWorker()
}

async function warnWithoutWorker(): Promise<void> {
  const seconds = await secondsSinceWorker(platform())
  if (isWorkerMissing(seconds))
    log().warn(
      { seconds },
      'no worker reports: until one runs (npm run worker), no email is sent and no move, export or erasure runs',
    )
}

/**
 * Encrypts what server actions would close over with a secret that all processes and builds share. The
 * key of the build only makes the ids of actions: see next.config.ts.
 */
function setActionKey(): void {
  process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY ??= createHmac(
    'sha256',
    process.env.AUTH_SECRET ?? '',
  )
    .update('server actions')
    .digest('base64')
}

/**
 * Next prints whole errors, and PostgreSQL errors can contain the values of rows. In production
 * the log gets their class and code instead.
 */
function quietConsole(): void {
  const fields = (values: unknown[]) => ({
    console: values.map((one) => (typeof one === 'string' ? one.slice(0, 300) : errorFields(one))),
  })
  console.error = (...values: unknown[]) => log().error(fields(values), 'error')
  console.warn = (...values: unknown[]) => log().warn(fields(values), 'warning')
}
