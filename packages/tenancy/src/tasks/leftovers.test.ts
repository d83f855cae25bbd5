import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { setLimits } from '#tenancy/admission/limits'
import { endOverdueTransactions, overdueAfterMs } from '#tenancy/admission/overdue-transactions'
import { inDatabase, withConnection } from '#tenancy/base/connect'
import { engineFile } from '#tenancy/base/files'
import { privateName } from '#tenancy/base/ids'
import { lockNumbers } from '#tenancy/base/lock-keys'
import { loginUrl, logins } from '#tenancy/base/tenancy'
import { timings } from '#tenancy/base/timings'
import { checkFleet } from '#tenancy/checks/doctor'
import { removeLargeObjects } from '#tenancy/data/large-objects'
import { connectionString, placementOf, serviceUrl } from '#tenancy/registry/placements'
import { closePools, platformPool } from '#tenancy/registry/pools'
import { readEngineSql, runSqlFile } from '#tenancy/migrations/sql-file'
import { setup } from '#tenancy/setup'
import { restoreLoginSettings } from '#tenancy/tasks/login-settings'
import { tenancy, tiers, withTenant } from '#tenancy/testing/fixture/tenancy'
import {
  createTestTenants,
  queryAs,
  refusal,
  rows,
  type TestTenant,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'
import { startPostgres } from '../../../../scripts/postgres.ts'

// A server of its own, because overdue transactions are ended in all databases of a server. Its administrator is no
// superuser, so that nothing of PostgreSQL can be revoked.
const server = await startPostgres({
  name: `leftovers${process.env.VITEST_POOL_ID ?? ''}`,
  durable: false,
})
const hasTransactionTimeout = await withConnection(server.adminUrl, async (superuser) => {
  // the server's files may be those of an earlier run
  await superuser.query('drop database if exists leftovers with (force)')
  await superuser.query(`
    do $$
    begin
      if to_regrole('managed_admin') is null then
        create role managed_admin login createrole createdb password 'managed';
      end if;
    end
    $$`)
  const { rowCount } = await superuser.query(
    `select from pg_settings where name = 'transaction_timeout'`,
  )
  return rowCount === 1
})
const adminUrl = Object.assign(new URL(inDatabase(server.adminUrl, 'leftovers')), {
  username: 'managed_admin',
  password: 'managed',
}).toString()
for (const login of logins) delete process.env[`${login.toUpperCase()}_DATABASE_URL`]
process.env.DATABASE_URL = adminUrl

let tenants: TestTenants
const apps: ChildProcess[] = []
const clients: pg.Client[] = []

beforeAll(async () => {
  await setup(tenancy(), { adminUrl })
  tenants = await createTestTenants(['shared', 'schema'], 2)
  const [{ id: tenantId }] = tenants.shared
  await setLimits(tenancy(), { tenantId, actor: 'test', reason: 'test' }, { statementMs: 500 })
})
afterEach(async () => {
  for (const app of apps.splice(0)) app.kill('SIGKILL')
  for (const client of clients.splice(0)) await client.end()
})
afterAll(async () => {
  await closePools(tenancy())
  await server.stop()
})

const sleepLong = 'select pg_sleep(3600)'

/** Runs an attacker's statements in a request of this process. Returns the error. */
const runStatements = ({ owner }: TestTenant, statements: string[]): Promise<string> =>
  refusal(
    withTenant(owner, async (tx) => {
      for (const statement of statements) await rows(tx, statement)
    }),
  )

/** Runs them in a request of an app in another process. */
function attack({ owner }: TestTenant, statements: string[]): ChildProcess {
  const file = engineFile('src', 'testing', 'attacking-app.ts')
  const app = spawn(process.execPath, [file, JSON.stringify(owner), ...statements])
  apps.push(app)
  return app
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {}) // its session is ended
  clients.push(client)
  await client.connect()
  return client
}
const sessionOf = async ({ id }: TestTenant) =>
  connect(connectionString(tenancy(), await placementOf(tenancy(), id)))

/** The number of sessions in this database that run a statement which sleeps. */
const sleeping = async (): Promise<number> =>
  withConnection(adminUrl, async (admin) => {
    const { rowCount } = await admin.query(
      `select from pg_stat_activity where datname = current_database() and state = 'active' and query ~ 'pg_sleep' and pid <> pg_backend_pid()`,
    )
    return rowCount ?? 0
  })

async function waitUntil(isTrue: () => Promise<boolean>, withinMs: number): Promise<void> {
  for (const began = performance.now(); !(await isTrue()); await sleep(50))
    if (performance.now() - began > withinMs) throw new Error(`not within ${withinMs} ms`)
}

const endOverdue = (limitMs: number) =>
  endOverdueTransactions(tenancy(), platformPool(tenancy()), limitMs)

const isOpen = (client: pg.Client) =>
  client.query('select').then(
    () => true,
    () => false,
  )

test('a request that locks a shared table and lifts its timeouts is ended by its app within its limit and some seconds', async () => {
  const [attacker, neighbour] = tenants.shared
  const attacking = runStatements(attacker, [
    `select set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false), set_config('client_connection_check_interval', '0', false)`,
    'lock table shared.notes in access exclusive mode',
    sleepLong,
  ])
  await waitUntil(async () => (await sleeping()) === 1, 10_000)
  const began = performance.now()
  await queryAs(neighbour.owner, 'select 1 from notes')
  expect(performance.now() - began).toBeLessThan(500 + timings.statementGrace + 1000)
  expect(await sleeping()).toBe(0)
  expect(await attacking).toBe('ConnectionFailed')
})

test('statements whose app has died end by themselves within seconds, or are ended by the worker', async () => {
  const unchecked = ['set statement_timeout = 0', 'set client_connection_check_interval = 0']
  const [, attacker] = tenants.shared
  const started = [
    attack(attacker, ['set statement_timeout = 0', sleepLong]),
    attack(attacker, [...unchecked, sleepLong]),
    // each transaction is short, but the statement is not
    attack(attacker, [
      ...unchecked,
      'commit',
      'do $$ begin loop perform pg_sleep(0.3); commit; end loop; end $$',
    ]),
  ]
  await waitUntil(async () => (await sleeping()) === 3, 10_000)
  for (const app of started) app.kill('SIGKILL')
  await waitUntil(async () => (await sleeping()) === 2, 4000)
  await waitUntil(async () => {
    await endOverdue(2000)
    return (await sleeping()) === 0
  }, 4000)
  expect(await queryAs(attacker.owner, 'select 1 as one')).toEqual([{ one: 1 }])
})

describe('the worker', () => {
  test('ends nothing before the longest timeout of any tier or tenant has passed', async () => {
    expect(await overdueAfterMs(tenancy())).toBe(
      tiers.enterprise.limits.statementMs + timings.overdueGrace,
    )
    const [, { id: tenantId }] = tenants.shared
    const asked = { tenantId, actor: 'test', reason: 'test' }
    await setLimits(tenancy(), asked, { statementMs: 90_000 })
    expect(await overdueAfterMs(tenancy())).toBe(90_000 + timings.overdueGrace)
    await setLimits(tenancy(), asked, { statementMs: null })
    const client = await sessionOf(tenants.shared[0])
    await client.query('begin')
    await endOverdue(0) // the function has a lower limit of its own
    expect(await isOpen(client)).toBe(true)
  })

  test('ends sessions of dedicated roles that hold advisory locks, and none of other logins', async () => {
    const [tenant, other] = tenants.schema
    const placement = await placementOf(tenancy(), tenant.id)
    const others = await Promise.all(
      [adminUrl, loginUrl(tenancy(), 'platform'), serviceUrl(tenancy(), 'worker', placement)].map(
        connect,
      ),
    )
    for (const client of others) await client.query('begin; select pg_advisory_lock_shared(1)')
    const report = await sessionOf(tenant)
    await report.query('begin read only; select 1 from notes')
    const request = await sessionOf(tenant)
    await request.query('begin')
    await request.query('select tenancy.enter_as_dedicated_role($1, $2)', [
      tenant.id,
      placement.epoch,
    ])
    const idle = await sessionOf(tenant)
    await idle.query(
      `select pg_advisory_lock(hashtextextended('${other.id}', ${lockNumbers.tenant}))`,
    )
    await sleep(2100)
    await endOverdue(2000)
    for (const client of [...others, report]) expect(await isOpen(client)).toBe(true)
    for (const client of [request, idle]) expect(await isOpen(client)).toBe(false)
  })
})

test('large objects that requests have created are notes of the doctor, and are removed', async () => {
  const [shared] = tenants.shared
  const [dedicated] = tenants.schema
  for (const { owner } of [shared, shared, dedicated])
    await queryAs(owner, `select lo_from_bytea(0, convert_to('left behind', 'UTF8'))`)
  const notes = async () =>
    (await checkFleet(tenancy())).notes
      .filter(({ check }) => check === 'large-objects')
      .map(({ object }) => object)
  expect((await notes()).sort()).toEqual([
    'large objects of rowhouse_tenant',
    `large objects of ${privateName(dedicated.id)}`,
  ])
  expect(await removeLargeObjects(platformPool(tenancy()))).toBe(3)
  expect(await notes()).toEqual([])
})

describe('a tenant that changes the settings of its login', () => {
  const settings: [statement: string, name: string][] = [
    [`set statement_timeout = '1ms'`, 'statement_timeout=1ms'],
    [`set lock_timeout = '1ms'`, 'lock_timeout=1ms'],
    [`set idle_in_transaction_session_timeout = '1ms'`, 'idle_in_transaction_session_timeout=1ms'],
    [`set datestyle = 'SQL, DMY'`, 'DateStyle=SQL, DMY'],
    [`set timezone = 'Asia/Kathmandu'`, 'TimeZone=Asia/Kathmandu'],
    ['set default_transaction_read_only = on', 'default_transaction_read_only=on'],
    ['set row_security = off', 'row_security=off'],
    ['set search_path = pg_catalog', 'search_path=pg_catalog'],
    [
      `set default_transaction_isolation = 'serializable'`,
      'default_transaction_isolation=serializable',
    ],
    [`in database leftovers set statement_timeout = '1ms'`, 'statement_timeout=1ms'],
    ['reset all', 'search_path (missing)'],
    // from 17 on
    ...(hasTransactionTimeout
      ? [
          [`in database leftovers set transaction_timeout = '1ms'`, 'transaction_timeout=1ms'] as [
            string,
            string,
          ],
        ]
      : []),
  ]
  const changed = async () =>
    (await checkFleet(tenancy())).findings
      .filter(({ check }) => check === 'login-settings')
      .map(({ object, why }) => `${object} ${why}`)
  const actions = async () =>
    withConnection(adminUrl, async (admin) => {
      const { rows: found } = await admin.query(
        `select detail from tenancy.audit where action = 'settings of logins restored'`,
      )
      return found.length
    })

  test.each(settings)(
    'reaches nobody else with: alter role current_user %s',
    async (statement, name) => {
      const [attacker, neighbour] = tenants.shared
      await queryAs(attacker.owner, `alter role current_user ${statement}`)
      await closePools(tenancy()) // the next request opens a new connection
      expect(
        await withTenant(neighbour.owner, async (tx) => {
          await rows(tx, `update notes set body = 'written'`)
          return rows(
            tx,
            `select make_timestamptz(2025, 11, 30, 12, 0, 0, 'UTC')::text as at, pg_sleep(0.02)::text as slept`,
          )
        }),
      ).toEqual([{ at: '2025-11-30 12:00:00+00', slept: '' }])
      expect(await changed()).toContainEqual(
        expect.stringContaining(`rowhouse_tenant its setting ${name} differs`),
      )
      const before = await actions()
      await restoreLoginSettings(tenancy())
      expect(await changed()).toEqual([])
      expect(await actions()).toBe(before + 1)
      await restoreLoginSettings(tenancy())
      expect(await actions()).toBe(before + 1)
    },
  )

  test('cannot stop new connections for longer than a second with a library that does not exist', async () => {
    const [attacker, neighbour] = tenants.shared
    await queryAs(
      attacker.owner,
      `alter role current_user set local_preload_libraries = 'does_not_exist'`,
    )
    await closePools(tenancy())
    expect(await refusal(queryAs(neighbour.owner, 'select 1'))).not.toBe('nothing was refused')
    await restoreLoginSettings(tenancy())
    expect(await queryAs(neighbour.owner, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('loses nothing that setup gives a new role', async () => {
    await withConnection(adminUrl, async (admin) => {
      for (const login of logins) await admin.query(`alter role rowhouse_${login} reset all`)
      expect(await changed()).toHaveLength(8)
      await runSqlFile(admin, await readEngineSql('admin', 'roles'))
    })
    expect(await changed()).toEqual([])
  })

  test('cannot keep them past the next setup', async () => {
    const [attacker] = tenants.shared
    await queryAs(attacker.owner, `alter role current_user set statement_timeout = '1ms'`)
    await setup(tenancy(), { adminUrl })
    expect(await changed()).toEqual([])
  })
})
