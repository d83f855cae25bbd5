import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { beforeAll, expect, it } from 'vitest'
import { readRun, requestRun } from '#tenancy/migrations/runs'
import { makeFleet, type FleetTenant } from '#tenancy/testing/migrations/make-fleet'
import { nth, query } from '#tenancy/testing/migrations/tenant-rows'
import { processRequestedRuns } from '#tenancy/migrations/requested-runs'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

const adminUrl = process.env.DATABASE_URL ?? ''
let fleet: FleetTenant[]
beforeAll(async () => {
  fleet = await makeFleet(tenancy(), adminUrl, 1)
})

/** A run that was asked for long enough ago for a worker to take it. */
async function asked(): Promise<string> {
  const id = await requestRun(tenancy(), 'test', {})
  await query(
    `update tenancy.migration_runs set requested_at = now() - interval '1 minute' where id = $1`,
    [id],
  )
  return id
}

const worked = async (id: string) => {
  await processRequestedRuns(tenancy(), new AbortController().signal)
  expect(await readRun(tenancy(), id)).toMatchObject({ state: 'done', message: '', failures: [] })
}

it('a worker makes the run that was asked for, and one that stops takes none', async () => {
  const id = await asked()
  await processRequestedRuns(tenancy(), AbortSignal.abort())
  expect(await readRun(tenancy(), id)).toMatchObject({ state: 'requested', startedAt: null })
  await worked(id)
})

it('a run whose worker was asked to stop goes on in the next one', async () => {
  const { schema } = nth(fleet, 0)
  const holder = new pg.Client({ connectionString: adminUrl })
  await holder.connect()
  await holder.query('select pg_advisory_lock_shared(tenancy.target_key($1))', [schema])
  await query(
    `create table public.kept as select * from tenancy.applied_migrations where schema = '${schema}'; delete from tenancy.applied_migrations where schema = '${schema}'`,
  )
  const id = await asked()
  const worker = new AbortController()
  const running = processRequestedRuns(tenancy(), worker.signal)
  while ((await readRun(tenancy(), id)).targets === 0) await sleep(20)
  worker.abort()
  await running
  expect(await readRun(tenancy(), id)).toMatchObject({
    state: 'requested',
    message: '',
    endedAt: null,
    failures: [],
  })
  await query(
    'insert into tenancy.applied_migrations select * from public.kept; drop table public.kept',
  )
  await holder.end()
  await worked(id)
})
