import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Metrics, BenchOptions, BenchResult } from '#db/bench/bench'
import { createBigTenant } from '#db/bench/big-tenant'
import { checksums } from '#db/bench/checksums'
import { orderWorkload } from '#db/bench/order-workload'
import { table } from '#db/cli/table'
import { readMove, type Move, requestMove, listenForPlacements } from '@rowhouse/tenancy/moves'
import { setLimits, forgetPlacement, placementOf, type PlacementKind } from '@rowhouse/tenancy'
import { unprovision } from '@rowhouse/tenancy/admin'
import { Writer, compareWithLedger } from '@rowhouse/tenancy/testing'
import { startPostgres } from '../../scripts/postgres.ts'
import { tenancy } from '#db/tenancy'

const defaultRows = 200_000
const writesPerSecond = 500

type MoveResult = {
  direction: string
  rows: number
  lost: number
  doubled: number
  misplaced: number
  resurrected: number
  others: number
  refused: number
  gap: number
  fence: number
  slowest: number
  seconds: number
  writes: number
  examples: string[]
}

/**
 * Moves one tenant from shared tables to its own schema, and another to a second server. The moves
 * run in a worker process while writers change rows of the tenant and of a neighbour. Each writer
 * keeps a ledger of its writes, from which lost, doubled and misplaced rows are found.
 */
export async function run({
  size = defaultRows,
  adminUrl,
  printProgress,
}: BenchOptions): Promise<BenchResult> {
  const other = await startPostgres({ name: 'bench2', durable: true })
  const stopListening = listenForPlacements(tenancy()) // as the app does
  const worker = spawn(process.execPath, ['db/worker.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    const runs = [
      await measure('shared → schema', 'schema', undefined),
      await measure('shared → other server', 'database', other.adminUrl),
    ]
    const metrics = summary(runs)
    const wrong = runs.reduce(
      (sum, one) => sum + one.lost + one.doubled + one.misplaced + one.resurrected + one.others,
      0,
    )
    return {
      text: [
        resultTable(runs),
        ...runs.flatMap(({ examples }) => examples),
        '',
        targets(runs),
      ].join('\n'),
      metrics,
      failed: wrong > 0,
    }
  } finally {
    await stopListening()
    worker.kill('SIGTERM')
    await new Promise((resolve) => worker.once('exit', resolve))
    await other.stop()
  }

  async function measure(
    direction: string,
    to: PlacementKind,
    databaseUrl: string | undefined,
  ): Promise<MoveResult> {
    printProgress(`${direction}: filling a tenant with ${size} rows`)
    const [tenant, neighbour, idle] = [
      await createBigTenant(adminUrl, 'moving', size),
      await createBigTenant(adminUrl, 'busy', 1000),
      await createBigTenant(adminUrl, 'idle', 20_000),
    ]
    for (const { id } of [tenant, neighbour])
      await setLimits(
        tenancy(),
        { tenantId: id, actor: 'benchmark', reason: 'the writer runs six transactions at a time' },
        { concurrent: 6 },
      )
    const untouched = await checksums(adminUrl, 'shared', idle.id)
    const writers = [
      new Writer(tenancy(), orderWorkload, tenant.owner, writesPerSecond),
      new Writer(tenancy(), orderWorkload, neighbour.owner, writesPerSecond),
    ] as const
    await Promise.all(writers.map((writer) => writer.start(6)))
    await sleep(1000)
    const { ledger } = writers[0]
    const [wroteBefore, began] = [ledger.writes, performance.now()]
    Object.assign(ledger, { longestMs: 0, longestGapMs: 0 })
    const move = await waitForSwitch(
      await requestMove(tenancy(), {
        tenantId: tenant.id,
        to,
        actor: 'benchmark',
        reason: 'benchmark',
        ...(databaseUrl ? { databaseUrl } : {}),
      }),
      printProgress,
    )
    const seconds = (performance.now() - began) / 1000
    const wrote = ledger.writes - wroteBefore
    const left = await checksums(adminUrl, 'shared', tenant.id)
    await sleep(1000)
    await Promise.all(writers.map((writer) => writer.stop()))
    const late = countDifferences(left, await checksums(adminUrl, 'shared', tenant.id))
    forgetPlacement(tenancy())
    const [differences, others] = [
      await compareWithLedger(tenancy(), orderWorkload, tenant.id, ledger),
      await compareWithLedger(tenancy(), orderWorkload, neighbour.id, writers[1].ledger),
    ]
    const changed = countDifferences(untouched, await checksums(adminUrl, 'shared', idle.id))
    if (databaseUrl)
      await unprovision(tenancy(), tenant.id, await placementOf(tenancy(), tenant.id))
    return {
      direction,
      rows: move.rowsDone,
      lost: differences.lost + others.lost,
      doubled: differences.doubled + others.doubled,
      misplaced: late,
      resurrected: differences.resurrected + others.resurrected,
      others: changed,
      refused: ledger.refusals + ledger.doubts,
      gap: Math.round(ledger.longestGapMs),
      fence: Math.round(move.pauseMs ?? 0),
      slowest: Math.round(ledger.longestMs),
      seconds: Number(seconds.toFixed(1)),
      writes: Math.round(wrote / seconds),
      examples: [...differences.examples, ...others.examples],
    }
  }
}

async function waitForSwitch(move: Move, printProgress: (line: string) => void): Promise<Move> {
  const began = performance.now()
  for (let state = ''; ; await sleep(50)) {
    const now = await readMove(tenancy(), move.id)
    if (now.state !== state)
      printProgress(
        `  ${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${(state = now.state)}`,
      )
    if (now.state === 'aborted') throw new Error(`the move was aborted: ${now.error}`)
    if (now.state === 'switched' && now.pauseMs !== null) return now
  }
}

const countDifferences = (a: Record<string, string>, b: Record<string, string>): number =>
  Object.keys({ ...a, ...b }).filter((name) => a[name] !== b[name]).length
const rowsPerSecond = ({ rows, seconds }: MoveResult): number => Math.round(rows / seconds)

const resultTable = (runs: MoveResult[]): string =>
  table(
    [
      'move',
      'rows',
      'lost',
      'doubled',
      'misplaced',
      'resurrected',
      'others changed',
      'refused',
      'longest gap ms',
      'fence ms',
      'slowest write ms',
      'rows/s',
      'total s',
      'writes/s',
    ],
    runs.map((one) => [
      one.direction,
      one.rows,
      one.lost,
      one.doubled,
      one.misplaced,
      one.resurrected,
      one.others,
      one.refused,
      one.gap,
      one.fence,
      one.slowest,
      rowsPerSecond(one),
      one.seconds,
      one.writes,
    ]),
  )

/** The targets are for a million rows. Smaller runs report them too. */
function targets(runs: MoveResult[]): string {
  const [gap, seconds] = [
    Math.max(...runs.map((one) => one.gap)),
    Math.max(...runs.map((one) => one.seconds)),
  ]
  return `targets: less than 150 ms without an acknowledged write: ${gap < 150 ? 'reached' : 'MISSED'} (${gap} ms); 1,000,000 rows in less than 40 s: ${seconds < 40 ? 'reached' : 'MISSED'} (${runs[0]?.rows ?? 0} rows in ${seconds} s)`
}

function summary(runs: MoveResult[]): Metrics {
  const sum = (key: 'lost' | 'doubled' | 'misplaced' | 'resurrected') =>
    runs.reduce((total, one) => total + one[key], 0)
  const each = Object.fromEntries(
    runs.flatMap((one, i) => [
      [`fence_ms_${i + 1}`, one.fence],
      [`total_s_${i + 1}`, one.seconds],
      [`rows_per_s_${i + 1}`, rowsPerSecond(one)],
    ]),
  )
  return {
    rows: Math.min(...runs.map(({ rows }) => rows)),
    lost: sum('lost'),
    doubled: sum('doubled'),
    misplaced: sum('misplaced'),
    resurrected: sum('resurrected'),
    longest_pause_ms: Math.max(...runs.map(({ gap }) => gap)),
    rows_per_s: Math.min(...runs.map(rowsPerSecond)),
    total_s: Math.max(...runs.map(({ seconds }) => seconds)),
    writes_per_s: Math.min(...runs.map(({ writes }) => writes)),
    ...each,
  }
}
