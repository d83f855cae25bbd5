import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBigTenant, type BigTenant } from '#db/bench/big-tenant'
import type { BenchOptions, BenchResult } from '#db/bench/bench'
import { round } from '#db/bench/slices'
import { table } from '#db/cli/table'
import { writeExport, importTenant } from '@rowhouse/tenancy/data'
import { placementOf } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

type ExportResult = { rows: number; bytes: number; ms: number; grewMb: number }

/**
 * Everything of one tenant written to a file, and of another with ten times the rows: what a row
 * takes, and by how much the process grew over what it was before. Then the large file becomes a
 * new tenant, if the time is enough.
 */
export async function run({
  size = 1_000_000,
  adminUrl,
  deadline,
  tell,
}: BenchOptions): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'rowhouse-bench-'))
  try {
    const [small, large] = [
      await createBigTenant(adminUrl, 'small', Math.ceil(size / 10)),
      await createBigTenant(adminUrl, 'large', size),
    ]
    await exported(await createBigTenant(adminUrl, 'warm', 20_000), join(folder, 'warm.zip'))
    const [a, path] = [await exported(small, join(folder, 'small.zip')), join(folder, 'large.zip')]
    tell(`${a.rows} rows at ${perSecond(a)} a second`)
    const b = await exported(large, path)
    tell(`${b.rows} rows at ${perSecond(b)} a second`)
    const enough = deadline - performance.now() > b.ms * 3
    const loadedMs = enough
      ? await timed(() =>
          importTenant(tenancy(), {
            path,
            slug: 'bench-imported',
            ownerId: large.owner.actor.id ?? '',
            actor: 'bench',
          }),
        )
      : null
    return outcome(a, b, loadedMs)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function exported(tenant: BigTenant, path: string): Promise<ExportResult> {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let most = before
  const watching = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20)
  let rows = 0
  const ms = await timed(async () => {
    const { tables } = await writeExport(tenancy(), await placementOf(tenancy(), tenant.id), {
      path,
      reason: 'Benchmark',
    })
    rows = tables.reduce((sum, one) => sum + one.rows, 0)
  })
  clearInterval(watching)
  return { rows, bytes: (await stat(path)).size, ms, grewMb: (most - before) / 1e6 }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

const perSecond = ({ rows, ms }: Pick<ExportResult, 'rows' | 'ms'>) =>
  Math.round((rows / ms) * 1000)

function outcome(small: ExportResult, large: ExportResult, loadedMs: number | null): BenchResult {
  const row = (what: string, { rows, bytes, ms, grewMb }: ExportResult) => [
    what,
    rows,
    `${round(ms / 1000, 1)} s`,
    perSecond({ rows, ms }),
    `${round(bytes / 1e6, 1)} MB`,
    `${Math.round(grewMb)} MB`,
  ]
  const text = [
    table(
      ['', 'rows', 'time', 'rows a second', 'file', 'process grew by'],
      [row('a tenth', small), row('all', large)],
    ),
    '',
    loadedMs === null
      ? 'imported: not measured, the time was over; give --seconds'
      : `checked, imported and compared: ${round(loadedMs / 1000, 1)} s, ${perSecond({ rows: large.rows, ms: loadedMs })} rows a second`,
  ].join('\n')
  const metrics = {
    rows: large.rows,
    rows_per_s: perSecond(large),
    total_s: round(large.ms / 1000, 1),
    grew_mb: Math.round(large.grewMb),
    small_rows: small.rows,
    small_grew_mb: Math.round(small.grewMb),
    small_rows_per_s: perSecond(small),
    file_mb: round(large.bytes / 1e6, 1),
    ...(loadedMs !== null && { import_rows_per_s: perSecond({ rows: large.rows, ms: loadedMs }) }),
  }
  return { text, metrics }
}
