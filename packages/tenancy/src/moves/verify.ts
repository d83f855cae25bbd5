import type pg from 'pg'
import { validateForeignKeys } from '#tenancy/moves/build-indexes'
import { VerificationFailed } from '#tenancy/moves/errors'
import { catchUp, catchUpOnce } from '#tenancy/moves/catch-up'
import { withFence } from '#tenancy/moves/fence'
import type { MoveRun } from '#tenancy/moves/move-run'
import { failpoint } from '#tenancy/moves/failpoints'
import { isIdentical, keyRanges, type TableReader } from '#tenancy/moves/key-ranges'
import type { MovableTable } from '#tenancy/moves/tenant-tables'
import { drop } from '#tenancy/base/connect'

const rangeRows = 20_000

/**
 * Rehearses the switch and compares both ends. The tenant's writes pause briefly while the last
 * changes are applied and a snapshot is opened at each end. The snapshots are then compared range
 * by range, while the tenant continues.
 * @returns `rows` is the number of rows compared.
 * @throws VerificationFailed
 */
export async function verify(run: MoveRun): Promise<{ rows: number }> {
  const tables = await run.tables()
  const clients: pg.Client[] = []
  try {
    const connect = async (side: 'source' | 'target'): Promise<TableReader> => {
      const client = await run.connect(side)
      clients.push(client)
      return { client, schema: run.move[side].schema }
    }
    const source = await connect('source')
    const target = await connect('target')
    await catchUp(run)
    await validateForeignKeys(run)
    const { pauseMs } = await withFence(
      run,
      run.sameDatabase ? await run.target() : await run.source(),
      async () => {
        const result = await catchUpOnce(run, tables)
        await Promise.all(clients.map((client) => run.enter(client, 'compare', { snapshot: true })))
        return { result }
      },
    )
    await run.event('rehearsed', 'writes waited', { tookMs: pauseMs })
    await failpoint('rehearsed')
    let rows = 0
    for (const table of tables) rows += await compareTable(run, source, target, table)
    await failpoint('compared')
    return { rows }
  } finally {
    for (const client of clients) drop(client)
  }
}

async function compareTable(
  run: MoveRun,
  source: TableReader,
  target: TableReader,
  table: MovableTable,
): Promise<number> {
  const startedAt = performance.now()
  let rows = 0
  const { tenantId } = run.move
  for await (const range of keyRanges(source, target, { table, tenantId, size: rangeRows })) {
    if (!isIdentical(range))
      throw new VerificationFailed({
        table: table.name,
        range: [range.from?.join(',') ?? 'the first', range.to?.join(',') ?? 'the last'],
        source: range.source,
        target: range.target,
      })
    rows += range.source.rows
    await run.checkpoint()
    await run.setStatus(`comparing ${table.name}, ${rows} rows are identical`)
  }
  await run.event('table_compared', table.name, { rows, tookMs: performance.now() - startedAt })
  return rows
}
