import { tiers } from '#db/tiers'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { BenchOptions, BenchResult } from '#db/bench/bench'
import { createBenchTenant, type BenchTenant } from '#db/bench/bench-tenant'
import { quantile, round } from '#db/bench/slices'
import { table } from '#db/cli/table'
import { tenantBatch, withTenant, tenancy } from '#db/tenancy'
import {
  TookTooLong,
  TooBusy,
  forgetLimits,
  limitNames,
  setLimits,
  spendRequest,
} from '@rowhouse/tenancy'

const neighbours = 20
const perSecond = 40

type Latencies = { ms: number[]; poolTimeouts: number; refused: number; failed: number }
const noLatencies = (): Latencies => ({ ms: [], poolTimeouts: 0, refused: 0, failed: 0 })

/**
 * One starter tenant sends twenty times as many requests as its neighbours, with slow queries and a
 * full read. Measures the neighbours without it, beside it, and beside it without limits, in
 * alternating slices.
 */
export async function run({
  size = 20_000,
  adminUrl,
  deadline,
  printProgress,
}: BenchOptions): Promise<BenchResult> {
  const noisy = await createBenchTenant(adminUrl, 'noisy', size)
  const others: BenchTenant[] = []
  for (let i = 0; i < neighbours; i++)
    others.push(await createBenchTenant(adminUrl, `neighbour-${i}`, 2000))
  printProgress(
    `${neighbours} neighbours request ${perSecond / neighbours} pages per second each; the noisy tenant requests ${(20 * perSecond) / neighbours} and has ${size} orders`,
  )

  const sides = { alone: noLatencies(), limited: noLatencies(), unlimited: noLatencies() }
  const noise = { limited: noLatencies(), unlimited: noLatencies() }
  const left = deadline - 12_000 - performance.now()
  const sliceMs = Math.max(3000, Math.min(6000, left / 9))
  await slice(others, noLatencies(), 2000)
  while (performance.now() + 3 * sliceMs < deadline - 10_000) {
    await setUnlimited(noisy, others, false)
    await slice(others, sides.alone, sliceMs)
    await Promise.all([
      slice(others, sides.limited, sliceMs),
      makeNoise(noisy, noise.limited, sliceMs),
    ])
    await sleep(500)
    await setUnlimited(noisy, others, true)
    await Promise.all([
      slice(others, sides.unlimited, sliceMs),
      makeNoise(noisy, noise.unlimited, sliceMs),
    ])
    await sleep(500)
  }
  return outcome(sides, noise)
}

async function setUnlimited(
  noisy: BenchTenant,
  others: BenchTenant[],
  off: boolean,
): Promise<void> {
  const own = Object.fromEntries(
    limitNames.map((name) => [
      name,
      off ? (name === 'statementMs' ? 60_000 : name === 'concurrent' ? 1000 : 1_000_000) : null,
    ]),
  )
  for (const { id } of [noisy, ...others])
    await setLimits(tenancy(), { tenantId: id, actor: 'bench', reason: 'bench' }, own)
  forgetLimits(tenancy())
}

/** Requests ordinary pages of the neighbours at a fixed rate, however long the responses take. */
async function slice(others: BenchTenant[], into: Latencies, ms: number): Promise<void> {
  const running: Promise<void>[] = []
  for (let i = 0, from = performance.now(); performance.now() - from < ms; i++) {
    const tenant = others[i % others.length]
    if (tenant)
      running.push(
        timed(into, tenant, () =>
          tenantBatch(tenant.owner, (tx) => [
            tx.execute(
              sql`select id, number, status, total_minor, placed_at from orders where tenant_id = ${tenant.id} order by placed_at desc, id desc limit 50`,
            ),
            tx.execute(
              sql`select status, count(*)::int as n from orders where tenant_id = ${tenant.id} group by status`,
            ),
          ]),
        ),
      )
    await sleep(Math.max(0, from + ((i + 1) * 1000) / perSecond - performance.now()))
  }
  await Promise.all(running)
}

/**
 * Sends twenty times the requests of a neighbour, every third one slow, while also reading all
 * orders.
 */
async function makeNoise({ id, owner }: BenchTenant, into: Latencies, ms: number): Promise<void> {
  const until = performance.now() + ms
  const running: Promise<void>[] = [readAll()]
  for (let i = 0, from = performance.now(); performance.now() < until; i++) {
    running.push(
      timed(into, { id }, () =>
        withTenant(owner, (tx) =>
          tx.execute(
            i % 3 === 0
              ? sql`select count(*) from orders as a join orders as b on b.tenant_id = a.tenant_id and b.total_minor = a.total_minor and b.note >= a.note where a.tenant_id = ${id} and b.tenant_id = ${id}`
              : sql`select status, sum(total_minor) from orders where tenant_id = ${id} group by status`,
          ),
        ),
      ),
    )
    await sleep(
      Math.max(0, from + ((i + 1) * 1000 * neighbours) / (20 * perSecond) - performance.now()),
    )
  }
  await Promise.all(running)

  async function readAll(): Promise<void> {
    for (let last = '00000000-0000-0000-0000-000000000000'; performance.now() < until;) {
      await timed(into, { id }, async () => {
        const { rows } = await withTenant(owner, (tx) =>
          tx.execute<{ id: string }>(
            sql`select * from orders where tenant_id = ${id} and id > ${last} order by id limit 200`,
          ),
        )
        last = rows.at(-1)?.id ?? '00000000-0000-0000-0000-000000000000'
      })
    }
  }
}

async function timed(
  into: Latencies,
  { id }: { id: string },
  work: () => Promise<unknown>,
): Promise<void> {
  const began = performance.now()
  try {
    await spendRequest(tenancy(), id)
    await work()
    into.ms.push(performance.now() - began)
  } catch (error) {
    if (TooBusy.is(error) && error.limit === 'database_connections') into.poolTimeouts++
    else if (TooBusy.is(error)) into.refused++
    else if (TookTooLong.is(error)) into.failed++
    else throw error
    await sleep(20)
  }
}

function outcome(
  sides: Record<'alone' | 'limited' | 'unlimited', Latencies>,
  noise: Record<'limited' | 'unlimited', Latencies>,
): BenchResult {
  const p95 = (of: Latencies) => quantile(of.ms, 0.95)
  const ratio = (of: Latencies) => round(p95(of) / p95(sides.alone))
  const metrics = {
    others_p95_ratio: ratio(sides.limited),
    others_pool_timeouts: sides.limited.poolTimeouts,
    noisy_429: noise.limited.refused,
    unlimited_p95_ratio: ratio(sides.unlimited),
    unlimited_pool_timeouts: sides.unlimited.poolTimeouts,
    alone_p95_ms: round(p95(sides.alone)),
    others_refused: sides.limited.refused + sides.limited.failed,
  }
  const row = (name: string, of: Latencies) => [
    name,
    `${quantile(of.ms, 0.5).toFixed(1)} ms`,
    `${p95(of).toFixed(1)} ms`,
    of.ms.length,
    of.poolTimeouts,
    of.refused,
    of.failed,
  ]
  const reached =
    metrics.others_p95_ratio <= 1.5 && metrics.others_pool_timeouts === 0 && metrics.noisy_429 > 0
  return {
    metrics,
    text: [
      table(
        ['', 'p50', 'p95', 'served', 'pool timeouts', '429', 'timed out'],
        [
          row('neighbours, alone', sides.alone),
          row('neighbours, beside the noisy tenant', sides.limited),
          row('neighbours, without limits', sides.unlimited),
          row('the noisy tenant', noise.limited),
          row('the noisy tenant, without limits', noise.unlimited),
        ],
      ),
      '',
      `neighbours' p95: ${metrics.others_p95_ratio}× the time alone with limits, ${metrics.unlimited_p95_ratio}× without; limits of the starter tier: ${JSON.stringify(tiers.starter.limits)}`,
      `target: at most 1.5×, no pool timeout, 429 for the noisy tenant: ${reached ? 'reached' : 'MISSED'}`,
    ].join('\n'),
  }
}
