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
 * Exports a tenant, and another with ten times the rows. Measures the rows per second and how much
 * the memory of the process grew. Then imports the large export as a new tenant, if there is time.
 */
export async function run({
  size = 1_000_000,
  adminUrl,
  deadline,
  printProgress,
}: BenchOptions): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'rowhouse-bench-'))
  try {
    const [small, large] = [
      await createBigTenant(adminUrl, 'small', Math.ceil(size / 10)),
      await createBigTenant(adminUrl, 'large', size),
    ]
    await measureExport(await createBigTenant(adminUrl, 'warm', 20_000), join(folder, 'warm.zip'))
    const [a, path] = [
      await measureExport(small, join(folder, 'small.zip')),
      join(folder, 'large.zip'),
    ]
    printProgress(`${a.rows} rows at ${perSecond(a)} a second`)
    const b = await measureExport(large, path)
    printProgress(`${b.rows} rows at ${perSecond(b)} a second`)
    const hasTime = deadline - performance.now() > b.ms * 3
    const importMs = hasTime
      ? await timed(() =>
          importTenant(tenancy(), {
            path,
            slug: 'bench-imported',
            ownerId: large.owner.actor.id ?? '',
            actor: 'bench',
          }),
        )
      : null
    return outcome(a, b, importMs)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measureExport(tenant: BigTenant, path: string): Promise<ExportResult> {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20)
  let rows = 0
  const ms = await timed(async () => {
    const { tables } = await writeExport(tenancy(), await placementOf(tenancy(), tenant.id), {
      path,
      reason: 'Benchmark',
    })
    rows = tables.reduce((sum, one) => sum + one.rows, 0)
  })
  clearInterval(sampling)
  return { rows, bytes: (await stat(path)).size, ms, grewMb: (peak - before) / 1e6 }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

const perSecond = ({ rows, ms }: Pick<ExportResult, 'rows' | 'ms'>) =>
  Math.round((rows / ms) * 1000)

function outcome(small: ExportResult, large: ExportResult, importMs: number | null): BenchResult {
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
      ['', 'rows', 'time', 'rows/s', 'file', 'memory growth'],
      [row('a tenth', small), row('all', large)],
    ),
    '',
    importMs === null
      ? 'import: not measured, out of time; raise --seconds'
      : `import, including the checks: ${round(importMs / 1000, 1)} s, ${perSecond({ rows: large.rows, ms: importMs })} rows/s`,
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
    ...(importMs !== null && { import_rows_per_s: perSecond({ rows: large.rows, ms: importMs }) }),
  }
  return { text, metrics }
}
