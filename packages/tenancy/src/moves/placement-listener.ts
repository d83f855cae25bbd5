import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { createClient } from '#tenancy/base/database-client'
import { loginUrl, type Tenancy } from '#tenancy/base/tenancy'
import { forgetLimits } from '#tenancy/admission/limits'
import { warmUp } from '#tenancy/moves/warm-up'
import { forgetPlacement, isServed } from '#tenancy/registry/placements'

/**
 * The channel on which a change of placement is told: a tenant id when it has changed, and
 * `coming`, a tenant id and a move's when it is about to. Anybody may forge one: it costs a cache
 * entry, or some connections.
 */
const placementChannel = 'rowhouse_placements'

/**
 * Forgets cached placements and limits as soon as they change, and all of them after each
 * reconnect. Returns a function that ends it.
 */
export function listenForPlacements(tenancy: Tenancy): () => Promise<void> {
  let open = true
  let current: pg.Client | undefined
  void (async () => {
    while (open) {
      // the server is away: entries into left places are refused by the fence meanwhile
      await listenOnce().catch(() => {})
      forget(tenancy)
      if (open) await sleep(1000)
    }
  })()
  return async () => {
    open = false
    await current?.end()
  }

  async function listenOnce(): Promise<void> {
    const client = createClient({
      connectionString: loginUrl(tenancy, 'platform'),
      application_name: 'rowhouse placements',
      keepAlive: true,
    })
    current = client
    const ended = new Promise<void>((resolve) => client.on('end', resolve))
    client.on('error', () => {}) // `end` follows
    client.on('notification', ({ payload = '' }) => {
      const [word, tenantId = '', moveId = ''] = payload.split(' ')
      if (word !== 'coming') forget(tenancy, payload)
      // the first requests open their connections themselves
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
