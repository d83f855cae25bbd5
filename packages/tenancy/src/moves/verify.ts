import { VerificationFailed } from '#tenancy/moves/errors'
import { catchUp, catchUpOnce } from '#tenancy/moves/catch-up'
import { withFence } from '#tenancy/moves/fence'
import type { MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { ranges, same, type View } from '#tenancy/moves/key-ranges'
import type { TenantTable } from '#tenancy/moves/tenant-tables'

import { drop } from '#tenancy/base/connect'

const rangeRows = 20_000

/**
 * Rehearses the switch and compares: for an instant the tenant's writes are held, the last keys
 * brought over and a snapshot opened on each side; then the tenant goes on, and the snapshots are
 * compared at leisure, range by range. Throws VerificationFailed.
 */
export async function verify(run: MoveRun): Promise<{ rows: number }> {
  const tables = await run.tables()
  const views: View[] = []
  try {
    for (const side of ['source', 'target'] as const)
      views.push({ client: await run.connect(side), schema: run.move[side].schema })
    const [source, target] = views
    if (!source || !target) throw new Error('a view is missing')
    await catchUp(run)
    const { pauseMs } = await withFence(
      run,
      run.sameDatabase ? await run.target() : await run.source(),
      async () => {
        const result = await catchUpOnce(run, tables)
        await Promise.all(
          views.map(({ client }) => run.enter(client, 'compare', { snapshot: true })),
        )
        return { result }
      },
    )
    await run.event('rehearsed', 'writes waited', { tookMs: pauseMs })
    await failpoint('rehearsed')
    let rows = 0
    for (const table of tables) rows += await compare(run, source, target, table)
    await failpoint('compared')
    return { rows }
  } finally {
    for (const { client } of views) drop(client)
  }
}

async function compare(
  run: MoveRun,
  source: View,
  target: View,
  table: TenantTable,
): Promise<number> {
  const began = performance.now()
  let rows = 0
  for await (const range of ranges(source, target, table, run.move.tenantId, rangeRows)) {
    if (!same(range))
      throw new VerificationFailed({
        table: table.name,
        range: [range.from?.join(',') ?? 'the first', range.to?.join(',') ?? 'the last'],
        source: range.source,
        target: range.target,
      })
    rows += range.source.rows
    await run.checkpoint()
    await run.setStatus(`comparing ${table.name}, ${rows} rows are the same`)
  }
  await run.event('table_compared', table.name, { rows, tookMs: performance.now() - began })
  return rows
}
