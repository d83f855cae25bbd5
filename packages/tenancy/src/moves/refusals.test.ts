import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withConnection, inDatabase } from '#tenancy/base/connect'
import { loginUrl } from '#tenancy/base/tenancy'
import { TargetLocked } from '#tenancy/migrations/errors'
import { ServerTooOld, ServerUnusable } from '#tenancy/placements/errors'
import { MoveUnderWay, SameLocation, TargetFull, TargetOccupied } from '#tenancy/moves/errors'
import { privateName } from '#tenancy/base/ids'
import type { TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { latestMove, readMove } from '#tenancy/moves/move-store'
import { advanceMove } from '#tenancy/moves/advance-move'
import { requestAbort, requestConfirm } from '#tenancy/moves/move-actions'
import { planMove, requestMove, requestRollback } from '#tenancy/moves/requests'
import {
  actionOn,
  perform,
  fingerprint,
  removeTenants,
  mainAdmin,
  otherServer,
  createTenantIn,
} from '#tenancy/testing/moves/fixture'
import { readTenantHistory } from '#tenancy/migrations/history'
import { closePools } from '#tenancy/registry/pools'
import { placementOf } from '#tenancy/registry/placements'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

let tenant: TestTenant
const others: TestTenant[] = []
beforeAll(async () => void (tenant = await createTenantIn('shared', 'refused', 10)))
afterAll(async () => {
  await removeTenants([tenant, ...others])
  await closePools(tenancy())
})

const newest = async () => (await readTenantHistory(tenancy())).at(-1)?.tag
const asked = { actor: 'test', reason: 'test' }
const admin = (text: string) => withConnection(mainAdmin(), (client) => client.query(text))

test('two concurrent requests get one move, and a third for another target is refused', async () => {
  const both = await Promise.all([
    requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked }),
    requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked }),
  ])
  expect(both[0].id).toBe(both[1].id)
  await expect(
    requestMove(tenancy(), { tenantId: tenant.id, to: 'database', ...asked }),
  ).rejects.toBeInstanceOf(MoveUnderWay)
  await requestAbort(tenancy(), actionOn(tenant))
  expect(await perform(both[0])).toMatchObject({ state: 'aborted', abortBy: 'test' })
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared' })
})

test('an aborted move removes everything it created', async () => {
  const before = await fingerprint(tenant.id)
  const move = await perform(
    await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked }),
    'caught_up',
  )
  expect(move.state).toBe('caught_up')
  await requestAbort(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'aborted', error: 'aborted by test' })
  const { rowCount } = await admin(
    `select from pg_namespace where nspname = '${privateName(tenant.id)}' union all select from tenancy.changed_keys`,
  )
  expect(rowCount).toBe(0)
  expect(await fingerprint(tenant.id)).toEqual(before)
})

test(
  'a move whose target is unreachable can be aborted: the tenant is free at once, and the target is removed when it is back',
  { timeout: 60_000 },
  async () => {
    const databaseUrl = await otherServer()
    const move = await perform(
      await requestMove(tenancy(), { tenantId: tenant.id, to: 'database', databaseUrl, ...asked }),
      'capturing',
    )
    const state = async () =>
      (await admin(`select state from tenancy.tenant_homes where tenant_id = '${tenant.id}'`)).rows
    expect(await state()).toEqual([{ state: 'copying' }])
    const { port } = new URL(databaseUrl)
    await admin(`update tenancy.servers set port = 1 where port = ${port}`)
    await requestAbort(tenancy(), actionOn(tenant))
    await expect(perform(move)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await readMove(tenancy(), move.id)).toMatchObject({ state: 'aborting' })
    expect(await state()).toEqual([{ state: 'active' }])
    await admin(`update tenancy.servers set port = ${port} where port = 1`)
    expect(await perform(move)).toMatchObject({ state: 'aborted', error: 'aborted by test' })
  },
)

test(
  'a move from one server to another can be planned, and the plan changes nothing',
  { timeout: 60_000 },
  async () => {
    const own = await createTenantIn('database', 'planned', 3)
    others.push(own)
    const databaseUrl = await otherServer()
    const known = async () => (await admin('select id from tenancy.servers')).rows
    const before = await known()
    const plan = await planMove(tenancy(), {
      tenantId: own.id,
      to: 'database',
      databaseUrl,
      ...asked,
    })
    expect(plan).toMatchObject({
      from: `${privateName(own.id)}, schema ${privateName(own.id)}`,
      to: `${new URL(databaseUrl).host}/${privateName(own.id)}`,
    })
    expect(await known()).toEqual(before)
    await expect(
      planMove(tenancy(), { tenantId: own.id, to: 'database', ...asked }),
    ).rejects.toBeInstanceOf(SameLocation)
  },
)

test('a move to the same location, and a confirmation before any move, are refused', async () => {
  await expect(
    requestMove(tenancy(), { tenantId: tenant.id, to: 'shared', ...asked }),
  ).rejects.toBeInstanceOf(SameLocation)
  await expect(requestConfirm(tenancy(), actionOn(tenant))).rejects.toMatchObject({
    code: 'move_action_refused',
    action: 'confirm',
  })
})

test('a table whose primary key does not start with tenant_id is refused by name', async () => {
  await admin('create table shared.loose (id uuid primary key, tenant_id uuid not null)')
  try {
    await expect(
      requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked }),
    ).rejects.toMatchObject({ code: 'table_not_movable', table: 'loose' })
  } finally {
    await admin('drop table shared.loose')
  }
})

describe('a target that cannot take the tenant is refused before anything is recorded', () => {
  const to = (databaseUrl: string) => ({
    tenantId: tenant.id,
    to: 'database' as const,
    databaseUrl,
    ...asked,
  })
  const changed = (how: (url: URL) => void) => {
    const url = new URL(mainAdmin())
    how(url)
    return url.toString()
  }

  test.each([
    [
      'nothing listens there',
      () => changed((url) => (url.port = '1')),
      ServerUnusable,
      'ECONNREFUSED',
    ],
    [
      'the password is wrong',
      () => changed((url) => (url.password = 'wrong')),
      ServerUnusable,
      'password authentication failed',
    ],
    [
      'the login may not create databases',
      () => loginUrl(tenancy(), 'platform'),
      ServerUnusable,
      'may not create roles and databases',
    ],
  ])('%s', async (_, url, error, message) => {
    const last = (await latestMove(tenancy(), tenant.id))?.id
    for (const ask of [planMove, requestMove]) {
      await expect(ask(tenancy(), to(url()))).rejects.toBeInstanceOf(error)
      await expect(ask(tenancy(), to(url()))).rejects.toThrow(message)
    }
    expect((await latestMove(tenancy(), tenant.id))?.id).toBe(last)
  })

  // a server that reports what a test chooses: functions of its schema shadow PostgreSQL's own
  const saying = async (name: string, value: string): Promise<string> => {
    const url = new URL(await otherServer())
    await withConnection(url.toString(), (client) =>
      client.query(`
      create schema if not exists saying;
      create or replace function saying.current_setting(p_name text) returns text language sql as $$ select case p_name when '${name}' then '${value}' else pg_catalog.current_setting(p_name) end $$`),
    )
    url.search = '?options=-c%20search_path=saying,pg_catalog'
    return url.toString()
  }

  test.each([
    ['it is too old', 'server_version_num', '140012', ServerTooOld, /PostgreSQL .* 15/],
    ['it has no connections free', 'max_connections', '6', TargetFull, /free/],
  ])('%s', async (_, name, value, error, message) => {
    const request = to(await saying(name, value))
    for (const ask of [planMove, requestMove]) {
      await expect(ask(tenancy(), request)).rejects.toBeInstanceOf(error)
      await expect(ask(tenancy(), request)).rejects.toThrow(message)
    }
    const left = await withConnection(await otherServer(), (client) =>
      client.query(`select from pg_database where datname = '${privateName(tenant.id)}'`),
    )
    expect(left.rowCount).toBe(0)
  })

  test('the source and the build are at different versions', async () => {
    const last = await newest()
    const row = `schema = 'shared' and migration = '${last}'`
    await admin(
      `create table public.kept as select * from tenancy.applied_migrations where ${row}; delete from tenancy.applied_migrations where ${row}`,
    )
    try {
      await expect(
        requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked }),
      ).rejects.toMatchObject({ code: 'versions_differ', migration: last, behind: 'source' })
    } finally {
      await admin(
        'insert into tenancy.applied_migrations select * from public.kept; drop table public.kept',
      )
    }
  })

  test.each([
    ['schema', `create schema`, 'drop schema'],
    ['database', 'create database', 'drop database'],
  ] as const)('it already has a %s of that name', async (kind, create, drop) => {
    const name = privateName(tenant.id)
    await withConnection(
      inDatabase(
        mainAdmin(),
        kind === 'schema' ? new URL(mainAdmin()).pathname.slice(1) : 'postgres',
      ),
      (client) => client.query(`${create} ${name}`),
    )
    try {
      await expect(
        requestMove(tenancy(), { tenantId: tenant.id, to: kind, ...asked }),
      ).rejects.toBeInstanceOf(TargetOccupied)
    } finally {
      await admin(`${drop} ${name}`)
    }
  })
})

describe('a target that fails during the copy is removed, and the tenant stays in its source', () => {
  test.each([
    [
      'its disk is full',
      `create function TARGET.full() returns trigger language plpgsql as $$ begin raise exception 'could not extend file "base/5/16384": No space left on device' using errcode = '53100'; end $$;
      create trigger full_disk before insert on TARGET.note_lines for each row execute function TARGET.full(); alter table TARGET.note_lines enable always trigger full_disk`,
      /No space left on device/,
    ],
    [
      'it was migrated during the copy',
      `insert into tenancy.applied_migrations (schema, migration, sha256) values ('TARGET', '9999_later', '')`,
      /9999_later/,
    ],
  ])('%s', async (_, harm, message) => {
    const before = await fingerprint(tenant.id)
    const move = await perform(
      await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked }),
      'capturing',
    )
    await admin(harm.replaceAll('TARGET', privateName(tenant.id)))
    expect(await perform(move)).toMatchObject({
      state: 'aborted',
      error: expect.stringMatching(message),
    })
    const left = await admin(
      `select from pg_namespace where nspname = '${privateName(tenant.id)}' union all select from tenancy.changed_keys union all select from tenancy.applied_migrations where migration = '9999_later'`,
    )
    expect(left.rowCount).toBe(0)
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared' })
    expect(await fingerprint(tenant.id)).toEqual(before)
  })
})

test('a migration just before the switch aborts the move, and the tenant stays in its source', async () => {
  const before = await fingerprint(tenant.id)
  const move = await perform(
    await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked }),
    'verified',
  )
  await admin(
    `insert into tenancy.applied_migrations (schema, migration, sha256) values ('${privateName(tenant.id)}', '9999_later', '')`,
  )
  expect(await perform(move)).toMatchObject({
    state: 'aborted',
    error: expect.stringContaining('9999_later') as unknown,
  })
  expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared' })
  expect(await fingerprint(tenant.id)).toEqual(before)
})

test.each(['schema', 'database'] as const)(
  'a failed rollback from a %s leaves the tenant where it is, and can be requested again',
  { timeout: 60_000 },
  async (kind) => {
    expect(
      await perform(await requestMove(tenancy(), { tenantId: tenant.id, to: kind, ...asked })),
    ).toMatchObject({ state: 'switched' })
    const before = await fingerprint(tenant.id)
    await admin(`create function public.full() returns trigger language plpgsql as $$ begin raise exception 'No space left on device' using errcode = '53100'; end $$;
    create trigger full_disk before insert on shared.note_lines for each row execute function public.full(); alter table shared.note_lines enable always trigger full_disk`)
    const back = await perform(await requestRollback(tenancy(), actionOn(tenant)))
    await admin('drop trigger full_disk on shared.note_lines; drop function public.full')
    expect(back).toMatchObject({ state: 'aborted', error: 'No space left on device' })
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind })
    expect(await fingerprint(tenant.id)).toEqual(before)
    expect(await perform(await requestRollback(tenancy(), actionOn(tenant)))).toMatchObject({
      state: 'cleaned',
      error: null,
    })
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared' })
    expect(await fingerprint(tenant.id)).toEqual(before)
  },
)

test('a migration and a move of one target never overlap, and each names the other when it waits', async () => {
  const move = await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked })
  await withConnection(loginUrl(tenancy(), 'migrator'), async (migrator) => {
    await migrator.query(
      `set application_name = 'a migration'; set role rowhouse_owner; select pg_advisory_lock(tenancy.target_key('shared'))`,
    )
    await expect(
      advanceMove(tenancy(), move.id, new AbortController().signal),
    ).rejects.toBeInstanceOf(TargetLocked)
    expect((await readMove(tenancy(), move.id)).retryError).toContain(
      'shared is being migrated by a migration',
    )
    await migrator.query('select pg_advisory_unlock_all()')
    const moving = advanceMove(tenancy(), move.id, new AbortController().signal)
    const lockWhileHeld = async () => {
      for (;;) {
        const { rows } = await migrator.query<{ holders: string | null }>(
          `select tenancy.target_holders('shared') as holders`,
        )
        if (rows[0]?.holders) return migrator.query(`select tenancy.lock_target('shared')`)
      }
    }
    await expect(lockWhileHeld()).rejects.toThrow(`locked by rowhouse move of ${tenant.slug}`)
    await moving
  })
  expect(await readMove(tenancy(), move.id)).toMatchObject({ state: 'switched' })
})
