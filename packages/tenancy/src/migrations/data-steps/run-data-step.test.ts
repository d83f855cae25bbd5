import { sql } from 'drizzle-orm'
import { beforeAll, expect, it } from 'vitest'
import { readDataSteps, runDataStep } from '#tenancy/migrations/data-steps/run-data-step'
import type { DataStep } from '#tenancy/migrations/data-steps/data-step'
import { tenancy } from '#tenancy/testing/fixture/tenancy'
import { makeFleet, type FleetTenant } from '#tenancy/testing/migrations/make-fleet'
import { inTenant, nth, query } from '#tenancy/testing/migrations/tenant-rows'

let fleet: FleetTenant[]
beforeAll(async () => {
  fleet = await makeFleet(tenancy(), process.env.DATABASE_URL ?? '', 3)
  for (const { id } of fleet)
    await inTenant(
      id,
      `insert into notes (tenant_id, id, number, title, version) select '${id}', gen_random_uuid(), n, 'note ' || n, n from generate_series(1, 25) as n`,
    )
})

/** Doubles the version of each note once, ten notes at a time. */
const doubling = (name: string, after?: (tenantId: string, batch: number) => void): DataStep => {
  const batches = new Map<string, number>()
  return {
    name,
    about: 'a test',
    async batch(tx, from) {
      const batch = (batches.get(tx.tenantId) ?? 0) + 1
      batches.set(tx.tenantId, batch)
      const { rows } = await tx.execute<{ title: string }>(sql`
        with part as (select id, title from notes where title > ${from ?? ''} order by title limit 10)
        update notes as n set version = version * 2, body = 'doubled' from part where n.id = part.id and n.body <> 'doubled' returning n.title`)
      after?.(tx.tenantId, batch)
      const last = rows
        .map(({ title }) => title)
        .sort()
        .at(-1)
      return { cursor: rows.length === 10 && last !== undefined ? last : null, rows: rows.length }
    },
  }
}

const sumOf = (tenant: FleetTenant | undefined) =>
  query(`select sum(version)::int as sum from ${tenant?.schema}.notes`)

it('runs in every tenant in batches, once', async () => {
  const step = doubling('once')
  expect(await runDataStep(tenancy(), step, { concurrency: 1 })).toMatchObject({
    done: fleet.map(({ slug }) => slug),
    failed: [],
    rows: 75,
  })
  expect(await sumOf(fleet[0])).toEqual([{ sum: 650 }])
  expect(await runDataStep(tenancy(), step)).toMatchObject({ done: [], rows: 0 })
  expect(await readDataSteps(tenancy(), ['once'])).toEqual([
    { step: 'once', done: 3, begun: 0, failed: 0, rows: 75 },
  ])
})

it('continues after the last good batch of a failed tenant, without delaying other tenants', async () => {
  for (const { id } of fleet) await inTenant(id, `update notes set body = 'again'`)
  const [unlucky] = fleet
  const failing = doubling('resumed', (tenantId, batch) => {
    if (tenantId === unlucky?.id && batch === 2) throw new Error('power failure')
  })
  expect(await runDataStep(tenancy(), failing, { concurrency: 1 })).toMatchObject({
    done: fleet.slice(1).map(({ slug }) => slug),
    failed: [{ tenant: unlucky?.slug, message: 'power failure' }],
    rows: 60,
  })
  expect(
    await query(
      `select cursor is not null as begun, rows::int, problem from tenancy.data_steps where step = 'resumed' and ended_at is null`,
    ),
  ).toEqual([{ begun: true, rows: 10, problem: 'power failure' }])
  expect(await runDataStep(tenancy(), failing)).toMatchObject({
    done: [unlucky?.slug],
    failed: [],
    rows: 15,
  })
  expect(await sumOf(unlucky)).toEqual([{ sum: 1300 }])
})

it('waits for the migration that it needs', async () => {
  const { failed } = await runDataStep(tenancy(), { ...doubling('early'), needs: '0000_init' })
  expect(failed).toEqual([])
  await query(
    `delete from tenancy.applied_migrations where migration = '0000_init' and schema = $1`,
    [fleet[2]?.schema],
  )
  expect(
    await runDataStep(tenancy(), { ...doubling('early too'), needs: '0000_init' }),
  ).toMatchObject({
    failed: [
      { tenant: fleet[2]?.slug, message: expect.stringContaining('lacks migration 0000_init') },
    ],
  })
})

it('runs in only one tenant on request', async () => {
  const { slug } = nth(fleet, 0)
  await inTenant(nth(fleet, 0).id, `update notes set body = 'once more'`)
  expect(await runDataStep(tenancy(), doubling('one tenant'), { tenant: slug })).toMatchObject({
    done: [slug],
    failed: [],
    rows: 25,
  })
  expect(await readDataSteps(tenancy(), ['one tenant'])).toEqual([
    { step: 'one tenant', done: 1, begun: 0, failed: 0, rows: 25 },
  ])
})
