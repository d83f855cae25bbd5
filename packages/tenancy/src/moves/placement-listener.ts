import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { createClient } from '#tenancy/base/database-client'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'
import { forgetLimits } from '#tenancy/admission/limits'
import { warmUp } from '#tenancy/moves/warm-up'
import { forgetPlacement, isServed } from '#tenancy/registry/placements'

/**
 * Notifications on this channel carry a tenant id when the tenant's placement or limits have
 * changed, and `warm-up TENANT_ID MOVE_ID` when a move is about to switch. Any login can forge one,
 * which costs a cache entry or a few connections.
 */
const placementChannel = 'rowhouse_placements'

/**
 * Evicts cached placements and limits as soon as they change, and all of them after each reconnect.
 * @param tenancy - The instance.
 * @returns A function that stops listening.
 */
export function listenForPlacements(tenancy: Tenancy): () => Promise<void> {
  let isOpen = true
  let current: pg.Client | undefined
  void (async () => {
    while (isOpen) {
      // while the server is unreachable, the fence still refuses transactions in an old location
      await listenOnce().catch(() => {})
      forget(tenancy)
      if (isOpen) await sleep(1000)
    }
  })()
  return async () => {
    isOpen = false
    await current?.end()
  }

  async function listenOnce(): Promise<void> {
    const client = createClient({
      connectionString: tenancy.config.listenUrl ?? loginUrl(tenancy, 'platform'),
      application_name: 'rowhouse placements',
      keepAlive: true,
    })
    current = client
    const ended = new Promise<void>((resolve) => client.on('end', resolve))
    client.on('error', () => {}) // `end` follows
    client.on('notification', ({ payload = '' }) => {
      const [kind, tenantId = '', moveId = ''] = payload.split(' ')
      if (kind !== 'warm-up') forget(tenancy, payload)
      // if it fails, the first requests open their own connections
      else if (isServed(tenancy, tenantId)) warmUp(tenancy, tenantId, moveId).catch(() => {})
    })
    await client.connect()
    await client.query(`listen ${placementChannel}`)
    forget(tenancy)
    await ended
  }
}

function forget(tenancy: Tenancy, tenantId?: string): void {
  forgetPlacement(tenancy, tenantId)
  forgetLimits(tenancy, tenantId)
}
