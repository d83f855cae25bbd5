import { sql } from 'drizzle-orm'
import pg from 'pg'
import type { BenchOptions, BenchResult } from '#db/bench/bench'
import { startDelayProxy } from '#db/bench/delay-proxy'
import { createBenchTenant } from '#db/bench/bench-tenant'
import { inSlices, quantile, round, type Variant } from '#db/bench/slices'
import { table } from '#db/cli/table'
import { withConnection } from '@rowhouse/tenancy/admin'
import { tenantBatch, withTenant, tenancy } from '#db/tenancy'
import { type TenantTx, loginUrl, closePools, newSecret } from '@rowhouse/tenancy'
import { env } from '#db/env'

const plainLogin = 'rowhouse_bench_plain'
const one =
  'select id, number, status, total_minor, note, placed_at from orders where tenant_id = $1 and id = $2'
const latest =
  'select id, number, status, total_minor, note, placed_at from orders where tenant_id = $1 order by placed_at desc, id desc limit 50'
const statusCounts =
  'select status, count(*)::int as n from orders where tenant_id = $1 group by status'

/**
 * Compares tenant transactions with plain `pool.query` calls, which filter by `tenant_id` as a role
 * that bypasses row-level security. Each reads one row, and a page of three queries, at a round trip
 * of 1 ms.
 */
export async function run({
  size = 500,
  adminUrl,
  deadline,
  printProgress,
}: BenchOptions): Promise<BenchResult> {
  const tenants = [await createBenchTenant(adminUrl, 'first', size)]
  for (const name of ['second', 'third', 'fourth'])
    tenants.push(await createBenchTenant(adminUrl, name, size))
  const ids = new Map<string, string[]>()
  await withConnection(adminUrl, async (admin) => {
    await admin.query('vacuum analyze shared.orders')
    for (const { id } of tenants)
      ids.set(
        id,
        (
          await admin.query<{ id: string }>('select id from shared.orders where tenant_id = $1', [
            id,
          ])
        ).rows.map((row) => row.id),
      )
  })

  const server = new URL(loginUrl(tenancy(), 'tenant'))
  const proxy = await startDelayProxy(server.hostname, Number(server.port || 5432), 1)
  const throughProxy = (url: string) =>
    Object.assign(new URL(url), { host: `127.0.0.1:${proxy.port}` }).toString()
  const password = newSecret()
  await withConnection(adminUrl, (admin) => admin.query(createPlainRole(password)))
  const plainUrl = Object.assign(new URL(throughProxy(adminUrl)), {
    username: plainLogin,
    password,
    search: '?options=-c%20search_path%3Dshared',
  }).toString()
  const plain = new pg.Pool({ connectionString: plainUrl, max: 4 })
  env().TENANT_DATABASE_URL = throughProxy(loginUrl(tenancy(), 'tenant'))

  try {
    printProgress(`${tenants.length} tenants with ${size} orders each; the round trip is 1 ms`)
    let calls = 0
    const next = () => {
      const tenant = tenants[calls++ % tenants.length] ?? tenants[0]
      if (!tenant) throw new Error('there are no tenants')
      const own = ids.get(tenant.id) ?? []
      return { ...tenant, order: own[calls % own.length] ?? '' }
    }
    const variants: Variant[] = [
      { name: 'round trip', once: () => plain.query('select') },
      {
        name: 'one: pool.query',
        once: async () => {
          const { id, order } = next()
          return check((await plain.query(one, [id, order])).rowCount)
        },
      },
      {
        name: 'one: four awaits',
        once: async () => {
          const { id, order } = next()
          return check(await fourAwaits(plain, id, order))
        },
      },
      {
        name: 'one: tenantBatch',
        once: async () => {
          const { id, order, owner } = next()
          const [found] = await tenantBatch(owner, (tx) => [getOne(tx, id, order)])
          return check(found.rowCount)
        },
      },
      {
        name: 'one: withTenant',
        once: async () => {
          const { id, order, owner } = next()
          return check(
            await withTenant(owner, async (tx) => (await getOne(tx, id, order)).rowCount),
          )
        },
      },
      {
        name: 'page: pool.query',
        once: async () => {
          const { id, order } = next()
          await plain.query(latest, [id])
          await plain.query(statusCounts, [id])
          return check((await plain.query(one, [id, order])).rowCount)
        },
      },
      {
        name: 'page: tenantBatch',
        once: async () => {
          const { id, order, owner } = next()
          const [, , found] = await tenantBatch(owner, (tx) => [
            getLatest(tx, id),
            getStatusCounts(tx, id),
            getOne(tx, id, order),
          ])
          return check(found.rowCount)
        },
      },
      {
        name: 'page: withTenant',
        once: async () => {
          const { id, order, owner } = next()
          return check(
            await withTenant(
              owner,
              async (tx) =>
                (
                  await Promise.all([
                    getLatest(tx, id),
                    getStatusCounts(tx, id),
                    getOne(tx, id, order),
                  ])
                )[2].rowCount,
            ),
          )
        },
      },
    ]
    const times = await inSlices(variants, { sliceMs: 150, deadline: deadline - 8000, rounds: 40 })
    return outcome(times)
  } finally {
    await plain.end()
    await closePools(tenancy())
    await proxy.close()
    await withConnection(adminUrl, (admin) =>
      admin.query(`drop owned by ${plainLogin}; drop role ${plainLogin}`),
    )
  }
}

function outcome(times: Map<string, number[]>): BenchResult {
  const p50 = (name: string) => quantile(times.get(name) ?? [], 0.5)
  const ratio = (name: string, to: string) => round(p50(name) / p50(to))
  const result = {
    single_p50_ratio: ratio('one: tenantBatch', 'one: pool.query'),
    page_p50_ratio: ratio('page: tenantBatch', 'page: pool.query'),
    naive_p50_ratio: ratio('one: four awaits', 'one: tenantBatch'),
    rtt_ms: round(p50('round trip')),
    single_ms: round(p50('one: tenantBatch')),
    single_plain_ms: round(p50('one: pool.query')),
    single_p95_ratio: round(
      quantile(times.get('one: tenantBatch') ?? [], 0.95) /
        quantile(times.get('one: pool.query') ?? [], 0.95),
    ),
    with_tenant_single_p50_ratio: ratio('one: withTenant', 'one: pool.query'),
    with_tenant_page_p50_ratio: ratio('page: withTenant', 'page: pool.query'),
    page_ms: round(p50('page: tenantBatch')),
    page_plain_ms: round(p50('page: pool.query')),
  }
  const rows = [...times].map(([name, list]) => {
    const base = name.startsWith('page') ? 'page: pool.query' : 'one: pool.query'
    return [
      name,
      `${p50(name).toFixed(2)} ms`,
      `${quantile(list, 0.95).toFixed(2)} ms`,
      name === 'round trip' ? '' : `${ratio(name, base)}×`,
      list.length,
    ]
  })
  const reached =
    result.single_p50_ratio <= 1.2 && result.page_p50_ratio < 1 && result.naive_p50_ratio >= 2
  return {
    metrics: result,
    text: [
      table(['', 'p50', 'p95', 'ratio to pool.query', 'runs'], rows),
      '',
      `target: one query at most 1.2×, a page of three below 1.0×, four awaits at least 2× slower than tenantBatch (${result.naive_p50_ratio}×): ${reached ? 'reached' : 'MISSED'}`,
    ].join('\n'),
  }
}

const createPlainRole = (password: string) =>
  `drop role if exists ${plainLogin}; create role ${plainLogin} login bypassrls password '${password}'; grant usage on schema shared to ${plainLogin};
   grant select on all tables in schema shared to ${plainLogin}; grant execute on function set_config(text, text, boolean) to ${plainLogin};
   do $$ begin execute format('grant connect on database %I to ${plainLogin}', current_database()); end $$`

async function fourAwaits(pool: pg.Pool, tenantId: string, order: string): Promise<number | null> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(`select set_config('app.current_tenant_id', $1, true)`, [tenantId])
    const { rowCount } = await client.query(one, [tenantId, order])
    await client.query('commit')
    return rowCount
  } finally {
    client.release()
  }
}

const getOne = (tx: TenantTx, tenantId: string, id: string) =>
  tx.execute(
    sql`select id, number, status, total_minor, note, placed_at from orders where tenant_id = ${tenantId} and id = ${id}`,
  )
const getLatest = (tx: TenantTx, tenantId: string) =>
  tx.execute(
    sql`select id, number, status, total_minor, note, placed_at from orders where tenant_id = ${tenantId} order by placed_at desc, id desc limit 50`,
  )
const getStatusCounts = (tx: TenantTx, tenantId: string) =>
  tx.execute(
    sql`select status, count(*)::int as n from orders where tenant_id = ${tenantId} group by status`,
  )

function check(rows: number | null): void {
  if (rows !== 1) throw new Error(`expected one row, got ${rows}`)
}
