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

/** Requests a run, with a timestamp old enough for a worker to lease it. */
async function requestOldRun(): Promise<string> {
  const id = await requestRun(tenancy(), 'test', {})
  await query(
    `update tenancy.migration_runs set requested_at = now() - interval '1 minute' where id = $1`,
    [id],
  )
  return id
}

const expectDone = async (id: string) => {
  await processRequestedRuns(tenancy(), new AbortController().signal)
  expect(await readRun(tenancy(), id)).toMatchObject({ state: 'done', message: '', failures: [] })
}

it('a worker executes a requested run, and a stopping worker leases none', async () => {
  const id = await requestOldRun()
  await processRequestedRuns(tenancy(), AbortSignal.abort())
  expect(await readRun(tenancy(), id)).toMatchObject({ state: 'requested', startedAt: null })
  await expectDone(id)
})

it("a run that the worker's shutdown interrupts continues in the next worker", async () => {
  const { schema } = nth(fleet, 0)
  const holder = new pg.Client({ connectionString: adminUrl })
  await holder.connect()
  await holder.query('select pg_advisory_lock_shared(tenancy.target_key($1))', [schema])
  await query(
    `create table public.saved_ledger as select * from tenancy.applied_migrations where schema = '${schema}'; delete from tenancy.applied_migrations where schema = '${schema}'`,
  )
  const id = await requestOldRun()
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
    'insert into tenancy.applied_migrations select * from public.saved_ledger; drop table public.saved_ledger',
  )
  await holder.end()
  await expectDone(id)
})
