import type { BenchOptions, BenchResult } from '#db/bench/bench'
import {
  drizzleFolder,
  createDrizzleLedgers,
  migrateInLoop,
  migrateOnOneConnection,
} from '#db/bench/drizzle-migrate'
import { table } from '#db/cli/table'
import { withConnection } from '@rowhouse/tenancy/admin'
import { loginUrl } from '@rowhouse/tenancy'
import {
  runFleet,
  defaultConcurrency,
  readTargets,
  type Histories,
} from '@rowhouse/tenancy/migrations'
import { withMore, makeFleet, type FleetTenant } from '@rowhouse/tenancy/testing'
import { tenancy } from '#db/tenancy'

const additive = (name: string) => [
  `alter table orders add column ${name} timestamptz`,
  `create index orders_${name} on orders (tenant_id, ${name})`,
]
const addColumn = (name: string) => additive(name).join(';--> statement-breakpoint\n')

/**
 * Runs an additive migration (a column and its index) on many schemas with our runner, with
 * drizzle-orm, and with our runner again. Uses fewer schemas when there is too little time, and says
 * so in the report.
 */
export async function run({
  size: requested = 1000,
  adminUrl,
  deadline,
  printProgress,
}: BenchOptions): Promise<BenchResult> {
  const made = await timed(() =>
    createSchemas(adminUrl, requested, performance.now() + (deadline - performance.now()) * 0.45),
  )
  const schemas = made.value.map(({ schema }) => schema)
  const size = schemas.length
  printProgress(
    `${size} schemas created in ${seconds(made.ms)}${size < requested ? `; there was no time for ${requested}` : ''}`,
  )
  await createDrizzleLedgers(adminUrl, schemas)

  const ours = [await oursOnce(1)]
  const left = deadline - performance.now()
  const drizzle = await drizzleOnce('drizzle_a', 1, (folder) =>
    migrateInLoop(adminUrl, schemas, folder, performance.now() + left * 0.6),
  )
  const sample = schemas.slice(0, Math.min(200, size))
  const reused = await drizzleOnce(
    'drizzle_b',
    2,
    async (folder) => (await migrateOnOneConnection(adminUrl, sample, folder), sample.length),
  )
  ours.push(await oursOnce(2))
  const noop = await timed(() =>
    withMore(tenancy(), addColumn('ours_1'), addColumn('ours_2')).then((histories) =>
      runFleet(tenancy(), { histories }),
    ),
  )
  const status = await statusOf(
    adminUrl,
    size,
    await withMore(tenancy(), addColumn('ours_1'), addColumn('ours_2')),
  )

  const oursMs = ours.reduce((sum, ms) => sum + ms, 0) / ours.length
  const perSchema = drizzle.ms / drizzle.schemas
  const ratio = (perSchema * size) / oursMs
  const metrics = {
    ratio: round(ratio, 2),
    targets: status.targets,
    status_ms: round(status.ms, 1),
    ours_ms: Math.round(oursMs),
    peer_ms: Math.round(perSchema * size),
    schemas: size,
    peer_schemas: drizzle.schemas,
    ours_first_ms: Math.round(ours[0] ?? 0),
    ours_second_ms: Math.round(ours[1] ?? 0),
    reused_ratio: round(((reused.ms / reused.schemas) * size) / oursMs, 2),
    noop_ms: Math.round(noop.ms),
    provision_ms: Math.round(made.ms),
    concurrency: defaultConcurrency(),
  }
  const row = (what: string, ms: number, count: number, remark: string) => [
    what,
    seconds(ms),
    `${(ms / count).toFixed(2)} ms`,
    `${round(((ms / count) * size) / oursMs, 1)}×`,
    remark,
  ]
  const text = [
    table(
      [`additive migration, ${size} schemas`, 'time', 'per schema', 'ratio', ''],
      [
        row(
          'fleet migrate',
          oursMs,
          size,
          `${defaultConcurrency()} at a time; mean of ${ours.map(seconds).join(' and ')}, before and after drizzle-orm`,
        ),
        row(
          'drizzle-orm migrate() in a loop',
          drizzle.ms,
          drizzle.schemas,
          drizzle.schemas === size
            ? 'one connection per schema'
            : `one connection per schema; there was time for ${drizzle.schemas} schemas`,
        ),
        row('the same on one connection', reused.ms, reused.schemas, `${reused.schemas} schemas`),
      ],
    ),
    '',
    `nothing to do: ${Math.round(noop.ms)} ms; status of ${status.targets} targets in one query: ${status.ms.toFixed(1)} ms; ${size} schemas created in ${seconds(made.ms)}`,
    `target: at least 12 times faster, status under 100 ms: ${ratio >= 12 && status.ms < 100 ? 'reached' : 'MISSED'}`,
  ].join('\n')
  return { text, metrics }
}

async function createSchemas(
  adminUrl: string,
  count: number,
  until: number,
): Promise<FleetTenant[]> {
  const made: FleetTenant[] = []
  while (made.length < count && (made.length === 0 || performance.now() < until)) {
    made.push(
      ...(await makeFleet(tenancy(), adminUrl, Math.min(100, count - made.length), {
        name: `fleet-${made.length}`,
      })),
    )
  }
  return made
}

async function oursOnce(at: number): Promise<number> {
  const histories = await withMore(
    tenancy(),
    ...Array.from({ length: at }, (_, i) => addColumn(`ours_${i + 1}`)),
  )
  const { ms, value } = await timed(() => runFleet(tenancy(), { histories }))
  if (value.state !== 'done')
    throw new Error(`the run ended ${value.state}: ${JSON.stringify(value.failed.slice(0, 3))}`)
  return ms
}

async function drizzleOnce(
  column: string,
  nth: number,
  loop: (folder: string) => Promise<number>,
): Promise<{ ms: number; schemas: number }> {
  const folder = await drizzleFolder(additive(column), nth)
  try {
    const { ms, value } = await timed(() => loop(folder.path))
    return { ms, schemas: value }
  } finally {
    await folder.remove()
  }
}

/**
 * Reads the status nine times on a warm connection, with as many dedicated databases as schemas.
 * Returns the median time.
 */
async function statusOf(
  adminUrl: string,
  size: number,
  histories: Histories,
): Promise<{ ms: number; targets: number }> {
  await withConnection(adminUrl, (admin) =>
    admin.query(`
    insert into tenancy.tenants (id, slug, name, tier) select md5('dedicated ' || n)::uuid, 'dedicated-' || n, 'Dedicated', 'enterprise' from generate_series(1, ${size}) as n;
    insert into tenancy.placements (tenant_id, kind, database, schema, login, secret)
    select id, 'database', name, name, name, '' from (select id, 't_' || replace(id::text, '-', '') as name from tenancy.tenants where tier = 'enterprise') as t;
    insert into tenancy.dedicated_databases (tenant_id, schema, seen_at, applied)
    select p.tenant_id, p.schema, now(), (select jsonb_object_agg(migration, sha256) from tenancy.applied_migrations where schema = 'shared') from tenancy.placements as p where p.kind = 'database';
    analyze tenancy.tenants, tenancy.placements, tenancy.dedicated_databases, tenancy.applied_migrations`),
  )
  return withConnection(loginUrl(tenancy(), 'platform'), async (client) => {
    const times: number[] = []
    let targets = 0
    for (let i = 0; i < 9; i++) {
      const { ms, value } = await timed(() => readTargets(client, histories))
      if (value.some(({ lacks }) => lacks.length > 0))
        throw new Error('a target lacks migrations after the run')
      times.push(ms)
      targets = value.length
    }
    return { ms: times.sort((a, b) => a - b)[4] ?? NaN, targets }
  })
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const started = performance.now()
  const value = await work()
  return { ms: performance.now() - started, value }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
const round = (value: number, digits: number) => Number(value.toFixed(digits))
