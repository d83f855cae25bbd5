import { setTimeout as sleep } from 'node:timers/promises'
import { deliverMail } from '#db/mail/deliver'
import { tidy } from '#db/tidy'

const lookEveryMs = 2000
const tidyEveryMs = 86_400_000

/** Sends what waits in the outbox, again and again, and deletes once a day what has run out. Ends when the worker stops. */
export async function watchMail(stopping: AbortSignal): Promise<void> {
  let tidied = 0
  while (!stopping.aborted) {
    try {
      const { failed } = await deliverMail()
      if (failed > 0) console.error(`worker: ${failed} mail${failed === 1 ? '' : 's'} could not be sent and will be tried again`)
      if (Date.now() - tidied > tidyEveryMs) {
        await tidy()
        tidied = Date.now()
      }
    } catch (error) {
      console.error(`worker: cannot send mail: ${error instanceof Error ? error.message : String(error)}`)
    }
    await sleep(lookEveryMs, undefined, { signal: stopping }).catch(() => {}) // stopping ends the loop
  }
}
