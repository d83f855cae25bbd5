import { Agent, get } from 'node:http'
import type { BenchOptions, BenchResult } from '#db/bench/bench'
import { createBenchTenant } from '#db/bench/bench-tenant'
import { startProductionBuild } from '#db/bench/production-build'
import { inSlices, quantile, round } from '#db/bench/slices'
import { run as sandboxLogin } from '#db/cli/sandbox-login'
import { table } from '#db/cli/table'
import { setLimits } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

const target = 2.5

// The not-found page: a few words in the root layout, rendered for each request without a query.
const emptyPage = '/no-such-page'

/**
 * Compares the orders page of a tenant with many orders with the emptiest page of the same server.
 */
export async function run({
  size = 1_000_000,
  adminUrl,
  deadline,
  printProgress,
}: BenchOptions): Promise<BenchResult> {
  const filling = performance.now()
  const tenant = await createBenchTenant(adminUrl, 'large', size)
  await setLimits(
    tenancy(),
    { tenantId: tenant.id, actor: 'bench', reason: 'bench' },
    { requestsPerMinute: 10_000_000 },
  )
  printProgress(`${size} orders inserted in ${Math.round((performance.now() - filling) / 1000)} s`)
  const { json } = await sandboxLogin({ values: {}, positionals: [tenant.email] })
  const { cookie } = json as { cookie: string }
  const app = await startProductionBuild()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    const page =
      (path: string, status = 200) =>
      () =>
        read(agent, `${app.url}${path}`, { cookie, status })
    const far = await findFarPage(page)
    const sides = [
      { name: 'an empty page', once: page(emptyPage, 404) },
      { name: 'orders', once: page('/orders') },
      { name: `orders, page ${far.number}`, once: page(far.path) },
      { name: 'orders, a search', once: page('/orders?q=1042') },
    ]
    const times = await inSlices(sides, { sliceMs: 500, deadline: deadline - 6000, rounds: 12 })
    return outcome(times, size)
  } finally {
    agent.destroy()
    await app.stop()
  }
}

/** Follows "Next" up to page 100, or to the last page if there are fewer. */
async function findFarPage(
  page: (path: string) => () => Promise<string>,
): Promise<{ path: string; number: number }> {
  let path = '/orders'
  for (let number = 1; ; number++) {
    const link = /<a [^>]*rel="next"[^>]*>/.exec(await page(path)())?.[0]
    const href = link && /href="([^"]+)"/.exec(link)?.[1]
    if (!href || number === 100) return { path, number }
    path = href.replaceAll('&amp;', '&')
  }
}

function read(
  agent: Agent,
  url: string,
  { cookie, status }: { cookie: string; status: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { cookie, accept: 'text/html' } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () =>
        response.statusCode === status
          ? resolve(Buffer.concat(parts).toString())
          : reject(new Error(`${url} responded with ${response.statusCode}`)),
      )
    }).on('error', reject)
  })
}

function outcome(times: Map<string, number[]>, size: number): BenchResult {
  const [blank = [], orders = [], far = [], search = []] = times.values()
  const p = (of: number[], part: number) => quantile(of, part)
  const metrics = {
    p95_ratio: round(p(orders, 0.95) / p(blank, 0.95)),
    p95_ms: round(p(orders, 0.95)),
    p50_ratio: round(p(orders, 0.5) / p(blank, 0.5)),
    p50_ms: round(p(orders, 0.5)),
    empty_p95_ms: round(p(blank, 0.95)),
    far_p95_ms: round(p(far, 0.95)),
    far_ratio: round(p(far, 0.5) / p(orders, 0.5)),
    search_p95_ms: round(p(search, 0.95)),
    size,
  }
  const rows = [...times].map(([name, of]) => [
    name,
    of.length,
    `${p(of, 0.5).toFixed(1)} ms`,
    `${p(of, 0.95).toFixed(1)} ms`,
    `${(p(of, 0.95) / p(blank, 0.95)).toFixed(2)}×`,
  ])
  return {
    metrics,
    text: [
      table(
        [`${size.toLocaleString('en')} orders`, 'requests', 'p50', 'p95', 'p95 ratio to empty'],
        rows,
      ),
      '',
      `target: the orders page's p95 at most ${target}× that of the empty page: ${metrics.p95_ratio <= target ? 'reached' : 'MISSED'}`,
    ].join('\n'),
  }
}
