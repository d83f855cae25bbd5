import { setTimeout as sleep } from 'node:timers/promises'
import { requestState } from '#app/_http/request-log'
import { env } from '#db/env'
import { log } from '#db/log'
import { closePools } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

const graceMs = 10_000

/**
 * On SIGTERM or SIGINT: fails the readiness check, serves for SHUTDOWN_DELAY_SECONDS more, so that a
 * load balancer which polls that check stops sending requests, then stops accepting connections, waits
 * up to ten seconds for running requests, closes the pools and exits.
 * @param beforeClose - Runs before the pools are closed, such as storing counters.
 */
export function shutDownOnSignal(beforeClose: () => Promise<unknown>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void drain(signal, beforeClose))
}

async function drain(signal: string, beforeClose: () => Promise<unknown>): Promise<void> {
  const state = requestState()
  state.draining = true
  const { SHUTDOWN_DELAY_SECONDS } = env()
  log().info({ signal, running: state.running, delay: SHUTDOWN_DELAY_SECONDS }, 'draining')
  await sleep(SHUTDOWN_DELAY_SECONDS * 1000)
  const deadline = Date.now() + graceMs
  for (const server of state.servers) {
    server.close()
    server.closeIdleConnections()
  }
  while (state.running > 0 && Date.now() < deadline) await sleep(50)
  await beforeClose()
  // connections that do not close in time end with the process
  await Promise.race([closePools(tenancy()), sleep(2000)])
  log().info({ signal, left: state.running }, 'stopped')
  process.exit(0)
}
