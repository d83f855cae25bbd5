import { spawn } from 'node:child_process'
import { eq } from 'drizzle-orm'
import { administrator, bigTenant, type BigTenant } from '#db/bench/big-tenant'
import { judge } from '#db/bench/judge'
import { checksums } from '#db/bench/checksums'
import { Writer } from '#db/bench/writer'
import { table } from '#db/cli/table'
import { latestMove, readMove, type Move } from '#db/move/ledger'
import { requestConfirm, requestMove } from '#db/move/request'
import { unprovision } from '#db/placements/provision'
import { forgetPlacement, platform, readPlacements } from '#db/registry'
import { placements, tenants, type PlacementKind } from '#db/schema/platform'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../../scripts/postgres.mjs'

export type MoveFigures = {
  direction: string; rows: number; lost: number; doubled: number; misplaced: number; resurrected: number; others_changed: number; refused: number
  longest_pause_ms: number; fence_ms: number; longest_write_ms: number; rows_per_s: number; total_s: number; writes_per_s: number; examples: string[]
}

/**
 * Moves a tenant of `size` rows from the shared schema to a schema and another to a second server, by a worker process, while a writer
 * writes to it and another one to a neighbour. What is reported is what the writers' own ledgers say of the rows at the end.
 */
export async function bench({ size = 200_000, rate = 500 }: { size?: number; rate?: number } = {}): Promise<{ text: string; json: Record<string, unknown> }> {
  const other = await startPostgres({ name: 'bench2', durable: true })
  const worker = spawn(process.execPath, ['db/worker.ts'], { stdio: ['ignore', 'ignore', 'inherit'] })
  try {
    const runs = [await measure('shared → schema', 'schema', undefined, size, rate), await measure('shared → other server', 'database', other.adminUrl, size, rate)]
    return { text: report(runs), json: summary(runs) }
  } finally {
    worker.kill('SIGTERM')
    await new Promise((resolve) => worker.once('exit', resolve))
    await other.stop()
  }
}

async function measure(direction: string, to: PlacementKind, databaseUrl: string | undefined, size: number, rate: number): Promise<MoveFigures> {
  const tenant = await bigTenant('mover', size)
  const neighbour = await bigTenant('busy', 1000)
  const idle = await bigTenant('idle', 20_000)
  try {
    const before = await checksums(administrator(), 'shared', idle.id)
    const writers = [new Writer(tenant.owner, rate), new Writer(neighbour.owner, rate)] as const
    await Promise.all(writers.map((writer) => writer.start(6)))
    await sleep(1000)
    const { ledger } = writers[0]
    const [wroteBefore, began] = [ledger.writes, performance.now()]
    Object.assign(ledger, { longestMs: 0, longestGapMs: 0 })
    const asked = await requestMove({ tenantId: tenant.id, to, actor: 'benchmark', reason: 'benchmark', ...(databaseUrl ? { databaseUrl } : {}) })
    const move = await until(asked, (now) => now.state === 'switched' || now.state === 'aborted')
    const seconds = (performance.now() - began) / 1000
    const wrote = ledger.writes - wroteBefore
    if (move.state === 'aborted') throw new Error(`the move was given up: ${move.error}`)
    const left = await checksums(administrator(), 'shared', tenant.id)
    await sleep(1000)
    await Promise.all(writers.map((writer) => writer.stop()))
    const misplaced = differing(left, await checksums(administrator(), 'shared', tenant.id))
    const [verdict, others] = [await judge(tenant.id, ledger), await judge(neighbour.id, writers[1].ledger)]
    return {
      direction, rows: move.rowsDone, lost: verdict.lost + others.lost, doubled: verdict.doubled + others.doubled, misplaced, resurrected: verdict.resurrected + others.resurrected,
      others_changed: differing(before, await checksums(administrator(), 'shared', idle.id)), refused: ledger.refusals + ledger.doubts,
      longest_pause_ms: Math.round(ledger.longestGapMs), fence_ms: Math.round(move.pauseMs ?? 0), longest_write_ms: Math.round(ledger.longestMs),
      rows_per_s: Math.round(move.rowsDone / seconds), total_s: Number(seconds.toFixed(1)), writes_per_s: Math.round(wrote / seconds), examples: [...verdict.examples, ...others.examples],
    }
  } finally {
    for (const one of [tenant, neighbour, idle]) await remove(one)
  }
}

async function until(move: Move, done: (now: Move) => boolean): Promise<Move> {
  for (;;) {
    const now = await readMove(move.id)
    if (done(now)) return now
    await sleep(50)
  }
}

const differing = (a: Record<string, string>, b: Record<string, string>): number => Object.keys({ ...a, ...b }).filter((name) => a[name] !== b[name]).length

async function remove(tenant: BigTenant): Promise<void> {
  const move = await latestMove(tenant.id)
  if (move?.state === 'switched') await until(await requestConfirm(tenant.id, tenant.slug, 'benchmark'), ({ state }) => state === 'cleaned')
  forgetPlacement()
  const [place] = await readPlacements(eq(placements.tenantId, tenant.id))
  if (place) await unprovision(tenant.id, place)
  await checksums(administrator(), 'shared', tenant.id, 'remove')
  await platform().delete(tenants).where(eq(tenants.id, tenant.id))
}

const report = (runs: MoveFigures[]): string => table(
  ['move', 'rows', 'lost', 'doubled', 'misplaced', 'resurrected', 'others changed', 'refused', 'longest gap ms', 'fence ms', 'longest write ms', 'rows/s', 'total s', 'writes/s'],
  runs.map((run) => [run.direction, run.rows, run.lost, run.doubled, run.misplaced, run.resurrected, run.others_changed, run.refused, run.longest_pause_ms, run.fence_ms, run.longest_write_ms, run.rows_per_s, run.total_s, run.writes_per_s]))

function summary(runs: MoveFigures[]): Record<string, unknown> {
  const sum = (key: 'lost' | 'doubled' | 'misplaced' | 'resurrected') => runs.reduce((total, run) => total + run[key], 0)
  const most = (key: 'longest_pause_ms' | 'total_s') => Math.max(...runs.map((run) => run[key]))
  const least = (key: 'rows' | 'rows_per_s' | 'writes_per_s') => Math.min(...runs.map((run) => run[key]))
  return {
    rows: least('rows'), lost: sum('lost'), doubled: sum('doubled'), misplaced: sum('misplaced'), resurrected: sum('resurrected'),
    longest_pause_ms: most('longest_pause_ms'), rows_per_s: least('rows_per_s'), total_s: most('total_s'), writes_per_s: least('writes_per_s'), runs,
  }
}
