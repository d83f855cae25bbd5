import { VerificationFailed } from '#db/errors'
import { catchUp, catchUpOnce } from '#db/move/catch-up'
import { withFence } from '#db/move/fence'
import type { Mover } from '#db/move/mover'
import { moment } from '#db/move/moments'
import { ranges, same, type View } from '#db/move/ranges'
import type { TenantTable } from '#db/move/tables'
import { drop } from '#db/move/ends'

const rangeRows = 20_000

/**
 * Rehearses the switch and compares: for an instant the tenant's writes are held, the last keys
 * brought over and a snapshot opened on each side; then the tenant goes on, and the snapshots are
 * compared at leisure, range by range. Throws VerificationFailed.
 */
export async function verify(mover: Mover): Promise<{ rows: number }> {
  const tables = await mover.tables()
  const views: View[] = []
  try {
    for (const side of ['source', 'target'] as const)
      views.push({ client: await mover.another(side), schema: mover.move[side].schema })
    const [source, target] = views
    if (!source || !target) throw new Error('a view is missing')
    await catchUp(mover)
    const { pauseMs } = await withFence(
      mover,
      mover.here ? await mover.target() : await mover.source(),
      async () => {
        const result = await catchUpOnce(mover, tables)
        await Promise.all(
          views.map(({ client }) => mover.enter(client, 'compare', { snapshot: true })),
        )
        return { result }
      },
    )
    await mover.event('rehearsed', 'writes waited', { tookMs: pauseMs })
    await moment('rehearsed')
    let rows = 0
    for (const table of tables) rows += await compare(mover, source, target, table)
    await moment('compared')
    return { rows }
  } finally {
    for (const { client } of views) drop(client)
  }
}

async function compare(
  mover: Mover,
  source: View,
  target: View,
  table: TenantTable,
): Promise<number> {
  const began = performance.now()
  let rows = 0
  for await (const range of ranges(source, target, table, mover.move.tenantId, rangeRows)) {
    if (!same(range))
      throw new VerificationFailed(
        table.name,
        [range.from?.join(',') ?? 'the first', range.to?.join(',') ?? 'the last'],
        range.source,
        range.target,
      )
    rows += range.source.rows
    await mover.checkpoint()
    await mover.note(`comparing ${table.name}, ${rows} rows are the same`)
  }
  await mover.event('compared', table.name, { rows, tookMs: performance.now() - began })
  return rows
}
