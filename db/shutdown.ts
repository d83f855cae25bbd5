import { setTimeout as sleep } from 'node:timers/promises'
import { closePools } from '#db/pools'

/**
 * Closes every connection of this process, for its end. What does not close within two seconds is
 * left to the server.
 */
export const closeConnections = (): Promise<unknown> => Promise.race([closePools(), sleep(2000)])
