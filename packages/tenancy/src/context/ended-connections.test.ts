import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { newId } from '#tenancy/base/ids'
import { codeOf, isConnectionError } from '#tenancy/base/transient-errors'
import { closePools } from '#tenancy/registry/pools'
import { notes } from '#tenancy/testing/fixture/schema'
import { tenancy, tenantBatch, withTenant } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenants,
  insertNote,
  queryAs,
  removeTestTenants,
  rows,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'
import { openFunctions } from '#tenancy/testing/open-functions'

// Where pg_terminate_backend cannot be revoked, a tenant can end the sessions of all others on its login.

const adminUrl = process.env.DATABASE_URL ?? ''
let tenants: TestTenants
beforeAll(async () => {
  tenants = await createTestTenants(['shared'], 3)
  await openFunctions(adminUrl)
})
afterAll(async () => {
  await removeTestTenants(tenants)
  await closePools(tenancy())
})

const endOthers = `pg_terminate_backend(pid) from pg_stat_activity where usename = current_user and datname = current_database() and pid <> pg_backend_pid()`

test("while a tenant ends all others' sessions in a loop, a neighbour's requests succeed, and nothing is lost or doubled", async () => {
  const [attacker, neighbour] = tenants.shared
  let attacking = true
  const attack = (async () => {
    while (attacking)
      await queryAs(
        attacker.owner,
        `do $$ begin for i in 1..10 loop perform pg_stat_clear_snapshot(); perform ${endOthers}; perform pg_sleep(0.1); end loop; end $$`,
      )
  })()
  const written: string[] = []
  const failures: unknown[] = []
  let runs = 0
  await Promise.all(
    [0, 1].map(async () => {
      for (const until = performance.now() + 3000; performance.now() < until;) {
        const title = newId()
        try {
          await withTenant(neighbour.owner, async (tx) => {
            runs++
            await insertNote(tx, title)
            await sleep(20)
            await rows(tx, `update notes set body = 'complete' where title = '${title}'`)
          })
          written.push(title)
          await tenantBatch(neighbour.owner, (tx) => [tx.select().from(notes).limit(1)])
        } catch (error) {
          failures.push(error)
        }
      }
    }),
  )
  attacking = false
  await attack
  const found = await queryAs(neighbour.owner, `select title from notes where body = 'complete'`)
  const titles = found.map(({ title }) => String(title))
  expect(new Set(titles).size).toBe(titles.length)
  expect(written.filter((title) => !titles.includes(title))).toEqual([])
  expect(titles.length - written.length).toBeLessThanOrEqual(failures.length)
  expect(written.length).toBeGreaterThan(10)
  expect(runs).toBeGreaterThan(written.length)
  // a commit whose answer was lost is not repeated
  expect(failures.filter((error) => !isConnectionError(error))).toEqual([])
  expect(failures.length).toBeLessThan(written.length / 5)
})

test('work is repeated only if its commit was not sent', async () => {
  const [{ owner }] = tenants.shared
  const own = async (pid: unknown) =>
    withConnection(adminUrl, (admin) => admin.query('select pg_terminate_backend($1)', [pid]))
  let runs = 0
  await withTenant(owner, async (tx) => {
    const [session] = await rows(tx, 'select pg_backend_pid() as pid')
    if (++runs < 4) await own(session?.pid)
    await insertNote(tx, 'repeated')
  })
  expect(runs).toBe(4)
  expect(await queryAs(owner, `select 1 from notes where title = 'repeated'`)).toHaveLength(1)

  runs = 0
  await withConnection(adminUrl, (admin) =>
    admin.query(`
      create function shared.end_at_commit() returns trigger language plpgsql as 'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
      create constraint trigger end_at_commit after insert on shared.notes deferrable initially deferred
        for each row when (new.title = 'doubtful') execute function shared.end_at_commit()`),
  )
  const error: unknown = await withTenant(owner, async (tx) => {
    runs++
    await insertNote(tx, 'doubtful')
  }).catch((failure: unknown) => failure)
  expect(codeOf(error)).toBe('57P01')
  expect(runs).toBe(1)
})
