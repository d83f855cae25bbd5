import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withTenant } from '#db/door'
import { privateName } from '#db/id'
import {
  buildWorld,
  leaveWorld,
  refusal,
  rows,
  through,
  type World,
} from '#db/isolation/testing/world'
import { closePools } from '#db/pools'
import { placementKinds } from '#db/schema/platform'

let world: World
beforeAll(async () => void (world = await buildWorld(placementKinds)))
afterAll(async () => {
  await leaveWorld(world)
  await closePools()
})

/**
 * What an attacker sends, statement by statement, inside his own request. `{them}` is the id of a
 * neighbour, `{place}` its schema.
 */
const attacks: [name: string, statements: string[]][] = [
  ['by the id of the other tenant', [`select * from orders where tenant_id = '{them}'`]],
  ['by a plain setting', [`set local app.current_tenant_id = '{them}'`, 'select * from orders']],
  [
    'by a union with set_config',
    [
      `select set_config('app.current_tenant_id', '{them}', true) union all select note from orders`,
    ],
  ],
  ['by set_config of the seal', [`select set_config('tenancy.seal', '{them}', true)`]],
  ['by a forged seal', [`set local tenancy.seal = '{them}|1|1|1|0'`, 'select * from orders']],
  [
    'by a forged seal with the right process and time',
    [
      `do $$ begin execute format('set local tenancy.seal = %L', concat_ws('|', '{them}', pg_backend_pid(), extract(epoch from transaction_timestamp()), 1, repeat('0', 64))); end $$`,
      'select * from orders',
    ],
  ],
  [
    'by its own seal with the tenant replaced',
    [
      `do $$ begin execute format('set local tenancy.seal = %L', regexp_replace(current_setting('tenancy.seal'), '^[^|]*', '{them}')); end $$`,
      'select * from orders',
    ],
  ],
  ['by set role to the owner', ['set role rowhouse_owner', 'select * from orders']],
  [
    'by set role to the worker',
    ['set role rowhouse_worker', `select tenancy.enter_as_service('{them}', 1, 'x')`],
  ],
  [
    'by set session authorization',
    ['set session authorization rowhouse_platform', 'select * from platform.users'],
  ],
  [
    'by entering as the worker',
    [`select tenancy.enter_as_service('{them}', 1, 'x')`, 'select * from orders'],
  ],
  [
    'by entering as an own login',
    [`select tenancy.enter_own('{them}', 1)`, 'select * from orders'],
  ],
  [
    'by entering with a made-up session',
    [`select tenancy.enter('guess', '{them}', 1)`, 'select * from orders'],
  ],
  ['by signing itself', [`select tenancy.mac('x')`]],
  [
    'by sealing itself',
    [
      `do $$ begin execute format('set local tenancy.seal = %L', tenancy.seal('{them}', 1, false)); end $$`,
      'select * from orders',
    ],
  ],
  ['by reading the key', ['select * from tenancy.key']],
  ['by reset', ['reset all', 'select * from orders']],
  ['by discard', ['discard all', 'select * from orders']],
  ['by commit and a new transaction', ['commit', 'begin', 'select * from orders']],
  ['by search_path to the neighbour', ['set local search_path = {place}', 'select * from orders']],
  ['by name of the neighbour schema', ['select * from {place}.orders']],
  ['by name of the shared schema', [`select * from shared.orders where tenant_id = '{them}'`]],
  ['by row_security off', ['set local row_security = off', 'select * from orders']],
  ['by a temporary table', ['create temp table orders (id int)', 'select * from orders']],
  ['by a temporary view', ['create temp view loot as select * from orders', 'select * from loot']],
  [
    'by a function',
    [
      `create function loot() returns setof orders language sql security definer as 'select * from orders'`,
    ],
  ],
  [
    'by a function in pg_temp',
    [`create function pg_temp.loot() returns int language sql as 'select 1'`],
  ],
  [
    'by an operator that leaks',
    [`select * from orders where 1 / (case when tenant_id = '{them}' then 0 else 1 end) = 1`],
  ],
  ['by copy', ['copy orders to stdout']],
  ['by copy to a program', [`copy orders to program 'cat'`]],
  [
    'by a cursor kept open',
    ['declare loot cursor with hold for select * from orders', 'fetch all from loot'],
  ],
  ['by password hashes', ['select password_hash from platform.users']],
  ['by sessions', ['select * from platform.sessions']],
  ['by placements and their secrets', ['select * from platform.placements']],
  ['by residents', ['select * from tenancy.residents']],
  ['by large objects', ['select lo_create(1)']],
  ['by locking the neighbour', [`select pg_advisory_lock(tenancy.lock_key('{them}'))`]],
  ['by killing others', ['select pg_terminate_backend(pid) from pg_stat_activity']],
  ['by statistics', ["select * from pg_stats where tablename = 'orders'"]],
  ['by reading the source of the server', [`select pg_read_file('postgresql.conf')`]],
  ['by dblink', ['create extension dblink']],
  [
    'by trigger',
    [`create trigger loot after insert on orders for each row execute function tenancy.tenant()`],
  ],
  ['by making itself a superuser', ['alter role current_user superuser']],
  ['by giving itself the owner', ['grant rowhouse_owner to current_user']],
]

describe.each(placementKinds)('from a %s placement', (kind) => {
  test.each(attacks)('%s: no row of anybody else comes out', async (_, statements) => {
    const me = world[kind][0]
    for (const them of Object.values(world)
      .flat()
      .filter(({ id }) => id !== me.id)) {
      const answers: unknown[] = []
      await withTenant(me.owner, async (tx) => {
        answers.length = 0
        for (const statement of statements) {
          const text = statement
            .replaceAll('{them}', them.id)
            .replaceAll('{place}', privateName(them.id))
          answers.push(
            await rows(tx, text).catch((error: Error & { cause?: Error }) => ({
              error: error.cause?.message,
            })),
          )
        }
      }).catch(() => {}) // most attacks end in a refusal, and then nothing is committed
      expect(leaks(answers, them)).toEqual([])
    }
    // positive control: the connection that was attacked still serves its tenant, and only it
    const after = await through(me.owner, 'select * from customers')
    expect(after.length).toBeGreaterThan(0)
    expect(new Set(after.map((row) => row.tenant_id))).toEqual(new Set([me.id]))
  })

  test.each([
    'select * from tenancy.key',
    `select tenancy.mac('x')`,
    'select tenancy.seal(gen_random_uuid(), 1, false)',
    'select * from tenancy.residents',
    'select * from platform.sessions',
    `select set_config('a.b', 'c', true)`,
    'create temp table loot ()',
    `select pg_advisory_xact_lock(1)`,
    'create table loot ()',
  ])('%s is forbidden', async (statement) => {
    // a tenant database has no platform schema to forbid
    expect(['42501', ...(kind === 'database' ? ['42P01'] : [])]).toContain(
      await refusal(through(world[kind][0].owner, statement)),
    )
  })

  test('two statements in one message are refused', async () => {
    const [me, them] = world[kind]
    expect(
      await refusal(
        through(me.owner, `select 1; select * from orders where tenant_id = '${them.id}'`),
      ),
    ).toBe('42601')
  })

  test('a seal of an earlier transaction is worth nothing in the next', async () => {
    const [me, them] = world[kind]
    const [seal] = await through(them.owner, `select current_setting('tenancy.seal') as seal`)
    await withTenant(me.owner, async (tx) => {
      await rows(tx, `set local tenancy.seal = '${String(seal?.seal)}'`)
      expect(await rows(tx, 'select * from orders')).toEqual([])
    })
  })

  test('the next user of a poisoned connection notices nothing', async () => {
    const [me, them] = world[kind]
    await withTenant(me.owner, async (tx) => {
      for (const poison of [
        `set search_path = pg_catalog`,
        `set app.current_tenant_id = '${me.id}'`,
        `prepare orders as select 1`,
        'listen loot',
        'set statement_timeout = 1',
        'set default_transaction_read_only = on',
      ])
        await rows(tx, poison)
    })
    for (const { owner, id } of [them, me]) {
      const [found] = await through(
        owner,
        `select current_setting('search_path') as path, count(*)::int as n, count(*) filter (where tenant_id <> '${id}')::int as strange, (select count(*)::int from pg_prepared_statements) as prepared, (select count(*)::int from pg_listening_channels()) as listening, current_setting('transaction_read_only') as ro from orders`,
      )
      expect(found).toMatchObject({ strange: 0, prepared: 0, listening: 0, ro: 'off' })
      expect(found?.n).toBeGreaterThan(0)
      expect(String(found?.path)).toContain(kind === 'shared' ? 'shared' : privateName(id))
    }
  })
})

/** What of a neighbour stands in answers: its mark, or a row under its id. */
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
