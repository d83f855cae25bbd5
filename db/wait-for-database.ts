import { setTimeout as sleep } from 'node:timers/promises'
import { isConnectionError } from '@rowhouse/tenancy'
import { explainError } from '#db/explain-error'
import { log } from '#db/log'

const longestPauseMs = 10_000

/**
 * Runs start-up checks, again and again while the database cannot be reached. Logs when the waiting
 * begins and when it ends.
 *
 * @param check - Throws if the process must not start.
 * @param options.stopping - Ends the waiting.
 * @param options.onAttempt - Called after each attempt that could not reach the database.
 * @throws Every error of `check` but connection errors.
 */
export async function waitForDatabase(
  check: () => Promise<void>,
  { stopping, onAttempt }: { stopping?: AbortSignal; onAttempt?: () => void } = {},
): Promise<void> {
  const began = performance.now()
  for (let pauseMs = 1000; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    try {
      await check()
      if (pauseMs > 1000)
        log().info(
          { seconds: Math.round((performance.now() - began) / 1000) },
          'the database answers',
        )
      return
    } catch (error) {
      if (!isConnectionError(error)) throw error
      if (pauseMs === 1000)
        log().warn(
          { err: error, why: explainError(error) },
          'the database does not answer; the start-up checks are repeated until it does',
        )
    }
    onAttempt?.()
    await sleep(pauseMs, undefined, { signal: stopping }).catch(() => {}) // the caller stops
    if (stopping?.aborted) return
  }
}
