import { setTimeout as sleep } from 'node:timers/promises'
import { requestState } from '#app/_http/request-log'
import { log } from '#db/log'
import { closePools } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

const graceMs = 10_000

/**
 * Ends the process as a deployment wants it: not ready any more, no new connections, requests under
 * way brought to their end (ten seconds at most), then what is counted is stored and the pools are
 * closed. `last` runs before the pools go.
 */
export function shutDownOnSignal(last: () => Promise<unknown>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void drain(signal, last))
}

async function drain(signal: string, last: () => Promise<unknown>): Promise<void> {
  const state = requestState()
  state.draining = true
  const until = Date.now() + graceMs
  log().info({ signal, running: state.running }, 'draining')
  for (const server of state.servers) {
    server.close()
    server.closeIdleConnections()
  }
  while (state.running > 0 && Date.now() < until) await sleep(50)
  await last()
  // what does not close in time is left to the server
  await Promise.race([closePools(tenancy()), sleep(2000)])
  log().info({ signal, left: state.running }, 'stopped')
  process.exit(0)
}
