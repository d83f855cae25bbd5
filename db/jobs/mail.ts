import { setTimeout as sleep } from 'node:timers/promises'
import { deliverMail } from '#db/mail/deliver'

const lookEveryMs = 2000

/** Sends what waits in the outbox, again and again. Ends when the worker stops. */
export async function watchMail(stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      const { failed } = await deliverMail()
      if (failed > 0)
        console.error(
          `worker: ${failed} mail${failed === 1 ? '' : 's'} could not be sent and will be tried again`,
        )
    } catch (error) {
      console.error(
        `worker: cannot send mail: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    // stopping ends the loop
    await sleep(lookEveryMs, undefined, { signal: stopping }).catch(() => {})
  }
}
