import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { withTenant, tenancy } from '#tenancy/testing/fixture/tenancy'
import { privateName } from '#tenancy/base/ids'
import {
  createTestTenants,
  memberOf,
  removeTestTenants,
  refusal,
  rows,
  queryAs,
  type TestTenants,
} from '#tenancy/testing/fixture/test-tenants'
import { closePools } from '#tenancy/registry/pools'
import { placementKinds } from '#tenancy/base/tenancy'
import { lockNumbers } from '#tenancy/base/lock-keys'

let testTenants: TestTenants
beforeAll(async () => void (testTenants = await createTestTenants(placementKinds)))
afterAll(async () => {
  await removeTestTenants(testTenants)
  await closePools(tenancy())
})

/**
 * The statements that an attacker sends in their own request. `{them}` is the id of another tenant,
 * `{schema}` its schema.
 */
const attacks: [name: string, statements: string[]][] = [
  ['by the id of the other tenant', [`select * from notes where tenant_id = '{them}'`]],
  ['by a plain setting', [`set local app.current_tenant_id = '{them}'`, 'select * from notes']],
  [
    'by a union with set_config',
    [
      `select set_config('app.current_tenant_id', '{them}', true) union all select title from notes`,
    ],
  ],
  ['by set_config of the signed context', [`select set_config('tenancy.context', '{them}', true)`]],
  ['by a forged context', [`set local tenancy.context = '{them}|1|1|1|0'`, 'select * from notes']],
  [
    'by a forged context with the right process and time',
    [
      `do $$ begin execute format('set local tenancy.context = %L', concat_ws('|', '{them}', pg_backend_pid(), extract(epoch from transaction_timestamp()), 1, repeat('0', 64))); end $$`,
      'select * from notes',
    ],
  ],
  [
    'by its own context with the tenant replaced',
    [
      `do $$ begin execute format('set local tenancy.context = %L', regexp_replace(current_setting('tenancy.context'), '^[^|]*', '{them}')); end $$`,
      'select * from notes',
    ],
  ],
  ['by set role to the owner', ['set role rowhouse_owner', 'select * from notes']],
  [
    'by set role to the worker',
    ['set role rowhouse_worker', `select tenancy.enter_as_service('{them}', 1, 'x')`],
  ],
  [
    'by set session authorization',
    ['set session authorization rowhouse_platform', 'select * from platform.people'],
  ],
  [
    'by entering as the worker',
    [`select tenancy.enter_as_service('{them}', 1, 'x')`, 'select * from notes'],
  ],
  [
    'by entering as a dedicated role',
    [`select tenancy.enter_as_dedicated_role('{them}', 1)`, 'select * from notes'],
  ],
  [
    'by entering with a made-up token',
    [`select tenancy.enter_with_token('guess', '{them}', 1, 5000)`, 'select * from notes'],
  ],
  ['by signing a message itself', [`select tenancy.hmac('x')`]],
  [
    'by signing a context itself',
    [
      `do $$ begin execute format('set local tenancy.context = %L', tenancy.sign_context('{them}', 1, '')); end $$`,
      'select * from notes',
    ],
  ],
  [
    'by set_config of the signed context to nothing',
    [`select set_config('tenancy.context', '', true)`, 'select * from notes'],
  ],
  [
    'by set_config of search_path',
    [`select set_config('search_path', '{schema}, shared', true)`, 'select * from notes'],
  ],
  [
    'by holding the lock of the neighbour and entering it',
    [
      `select pg_advisory_xact_lock(hashtextextended('{them}', ${lockNumbers.tenant}))`,
      `select tenancy.lock_home('{them}')`,
      'select * from notes',
    ],
  ],
  ['by reading the key', ['select * from tenancy.key']],
  ['by reset', ['reset all', 'select * from notes']],
  ['by discard', ['discard all', 'select * from notes']],
  ['by commit and a new transaction', ['commit', 'begin', 'select * from notes']],
  ['by search_path to the neighbour', ['set local search_path = {schema}', 'select * from notes']],
  ['by name of the neighbour schema', ['select * from {schema}.notes']],
  ['by name of the shared schema', [`select * from shared.notes where tenant_id = '{them}'`]],
  ['by row_security off', ['set local row_security = off', 'select * from notes']],
  ['by a temporary table', ['create temp table notes (id int)', 'select * from notes']],
  ['by a temporary view', ['create temp view loot as select * from notes', 'select * from loot']],
  [
    'by a function',
    [
      `create function loot() returns setof notes language sql security definer as 'select * from notes'`,
    ],
  ],
  [
    'by a function in pg_temp',
    [`create function pg_temp.loot() returns int language sql as 'select 1'`],
  ],
  [
    'by an operator that leaks',
    [`select * from notes where 1 / (case when tenant_id = '{them}' then 0 else 1 end) = 1`],
  ],
  ['by copy', ['copy notes to stdout']],
  ['by copy to a program', [`copy notes to program 'cat'`]],
  [
    'by a cursor kept open',
    ['declare loot cursor with hold for select * from notes', 'fetch all from loot'],
  ],
  ['by hashes of tokens', ['select hash from platform.tokens']],
  ['by members', ['select * from platform.members']],
  ['by placements and their secrets', ['select * from tenancy.placements']],
  ['by tenant homes', ['select * from tenancy.tenant_homes']],
  ['by large objects', ['select lo_create(1)']],
  ['by locking the neighbour', [`select pg_advisory_lock(tenancy.lock_key('{them}'))`]],
  [
    // only in this database: other test files use the same login on this server
    'by killing others',
    [
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    ],
  ],
  ['by statistics', ["select * from pg_stats where tablename = 'notes'"]],
  ['by reading the source of the server', [`select pg_read_file('postgresql.conf')`]],
  ['by dblink', ['create extension dblink']],
  [
    'by trigger',
    [`create trigger loot after insert on notes for each row execute function tenancy.tenant()`],
  ],
  ['by making itself a superuser', ['alter role current_user superuser']],
  ['by giving itself the owner', ['grant rowhouse_owner to current_user']],
]

describe.each(placementKinds)('from a %s placement', (kind) => {
  test.each(attacks)('%s: no row of another tenant is returned', async (_, statements) => {
    const me = testTenants[kind][0]
    for (const them of Object.values(testTenants)
      .flat()
      .filter(({ id }) => id !== me.id)) {
      const answers: unknown[] = []
      await withTenant(me.owner, async (tx) => {
        answers.length = 0
        for (const statement of statements) {
          const text = statement
            .replaceAll('{them}', them.id)
            .replaceAll('{schema}', privateName(them.id))
          answers.push(
            await rows(tx, text).catch((error: Error & { cause?: Error }) => ({
              error: error.cause?.message,
            })),
          )
        }
      }).catch(() => {}) // most attacks are refused, and then nothing is committed
      expect(leaks(answers, them)).toEqual([])
    }
    // positive control: the connection that was attacked still serves its tenant, and only it
    const after = await queryAs(me.owner, 'select * from notes')
    expect(after.length).toBeGreaterThan(0)
    expect(new Set(after.map((row) => row.tenant_id))).toEqual(new Set([me.id]))
  })

  test.each([
    'select * from tenancy.key',
    `select tenancy.hmac('x')`,
    `select tenancy.sign_context(gen_random_uuid(), 1, '')`,
    'select * from tenancy.tenant_homes',
    'select * from platform.tokens',
    'create temp table loot ()',
    'create table loot ()',
  ])('%s is forbidden', async (statement) => {
    // a tenant database has no platform schema to forbid
    expect(['42501', ...(kind === 'database' ? ['42P01'] : [])]).toContain(
      await refusal(queryAs(testTenants[kind][0].owner, statement)),
    )
  })

  // nobody else can revoke functions of PostgreSQL from the public
  test.each([`select set_config('a.b', 'c', true)`, 'select pg_advisory_xact_lock(1)'])(
    '%s is forbidden if the administrator is a superuser',
    async (statement) => {
      const [admin] = await withConnection(process.env.DATABASE_URL ?? '', async (client) => {
        const text = 'select rolsuper from pg_roles where rolname = current_user'
        return (await client.query<{ rolsuper: boolean }>(text)).rows
      })
      expect(await refusal(queryAs(testTenants[kind][0].owner, statement))).toBe(
        admin?.rolsuper && !process.env.OPEN_FUNCTIONS ? '42501' : 'nothing was refused',
      )
    },
  )

  test.each([
    'set transaction_read_only = off',
    'set transaction read write',
    `select set_config('transaction_read_only', 'off', true)`,
    'reset transaction_read_only',
  ])('a viewer cannot become a writer by %s', async (statement) => {
    const [{ id, owner }] = testTenants[kind]
    const viewer = await memberOf(id, 'viewer')
    const before = await queryAs(owner, 'select * from notes order by id')
    const writing = withTenant(viewer, async (tx) => {
      await rows(tx, `savepoint before`)
      await rows(tx, statement).catch(() => rows(tx, `rollback to savepoint before`))
      await rows(tx, 'delete from notes')
    })
    expect(await refusal(writing)).toBe('25006')
    expect(await queryAs(owner, 'select * from notes order by id')).toEqual(before)
  })

  test('two statements in one message are refused', async () => {
    const [me, them] = testTenants[kind]
    expect(
      await refusal(
        queryAs(me.owner, `select 1; select * from notes where tenant_id = '${them.id}'`),
      ),
    ).toBe('42601')
  })

  test('a signed context of an earlier transaction is not accepted in the next', async () => {
    const [me, them] = testTenants[kind]
    const [signed] = await queryAs(
      them.owner,
      `select current_setting('tenancy.context') as context`,
    )
    await withTenant(me.owner, async (tx) => {
      await rows(tx, `set local tenancy.context = '${String(signed?.context)}'`)
      expect(await rows(tx, 'select * from notes')).toEqual([])
    })
  })

  test('settings and objects left on a connection do not affect its next transaction', async () => {
    const [me, them] = testTenants[kind]
    await withTenant(me.owner, async (tx) => {
      for (const poison of [
        `set search_path = pg_catalog`,
        `set app.current_tenant_id = '${me.id}'`,
        `prepare notes as select 1`,
        'listen loot',
        'set client_connection_check_interval = 0',
        ...(process.env.OPEN_FUNCTIONS ? [`select set_config('lock_timeout', '1', false)`] : []),
        'set default_transaction_read_only = on',
        // last, and long enough for the commit
        'set statement_timeout = 200',
      ])
        await rows(tx, poison)
    })
    for (const { owner, id } of [them, me]) {
      const [found] = await queryAs(
        owner,
        `select current_setting('search_path') as path, count(*)::int as n, count(*) filter (where tenant_id <> '${id}')::int as strange, (select count(*)::int from pg_prepared_statements) as prepared, (select count(*)::int from pg_listening_channels()) as listening, current_setting('transaction_read_only') as ro, current_setting('client_connection_check_interval') as check, current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock from notes`,
      )
      expect(found).toMatchObject({ strange: 0, prepared: 0, listening: 0, ro: 'off' })
      expect(found).toMatchObject(
        kind === 'shared'
          ? { check: '2s', statement: '5s', lock: '5s' }
          : { check: '2s', statement: kind === 'schema' ? '15s' : '25s', lock: '0' },
      )
      expect(found?.n).toBeGreaterThan(0)
      expect(String(found?.path)).toContain(kind === 'shared' ? 'shared' : privateName(id))
    }
  })
})

/** Finds rows of another tenant in answers, by its mark and its id. */
function leaks(answers: unknown[], them: { id: string; mark: string }): string[] {
  const text = JSON.stringify(answers)
  const rowsOfTheirs = (Array.isArray(answers) ? answers.flat() : []).filter(
    (row) =>
      typeof row === 'object' && row !== null && 'tenant_id' in row && row.tenant_id === them.id,
  )
  return [
    ...(text.includes(them.mark) ? [`the mark ${them.mark}`] : []),
    ...(rowsOfTheirs.length > 0 ? [`${rowsOfTheirs.length} rows`] : []),
  ]
}
