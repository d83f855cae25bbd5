import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { withConnection, drop } from '#tenancy/base/connect'
import { tenancy, withTenant } from '#tenancy/testing/fixture/tenancy'
import { privateName } from '#tenancy/base/ids'
import { insertNote, type TestTenant } from '#tenancy/testing/fixture/test-tenants'
import { openConnection, resolveEnd } from '#tenancy/moves/move-ends'
import { readEvents, readMove } from '#tenancy/moves/move-store'
import { advanceMove } from '#tenancy/moves/advance-move'
import { MoveRun } from '#tenancy/moves/move-run'
import { requestAbort, requestConfirm } from '#tenancy/moves/move-actions'
import { requestMove, requestRollback } from '#tenancy/moves/requests'
import {
  actionOn,
  perform,
  fingerprint,
  holdOpen,
  removeTenants,
  mainAdmin,
  createTenantIn,
  type TestPlacement,
} from '#tenancy/testing/moves/fixture'
import { listenForPlacements } from '#tenancy/moves/placement-listener'
import { closePools } from '#tenancy/registry/pools'
import { connectionString, placementOf } from '#tenancy/registry/placements'

const made: TestTenant[] = []
const fresh = async (name: string, placement: TestPlacement = 'shared') => {
  const tenant = await createTenantIn(placement, name, 10)
  made.push(tenant)
  return tenant
}
afterAll(async () => {
  await removeTenants(made)
  await closePools(tenancy())
})

const asked = { actor: 'test', reason: 'test' }
const signal = () => new AbortController().signal
const admin = <T = unknown>(text: string, url = mainAdmin()) =>
  withConnection(url, async (client) => (await client.query(text)).rows as T[])

test.each(['schema', 'database'] as const)(
  'a difference in a %s is found, and the move aborts and names the table and key range',
  { timeout: 60_000 },
  async (kind) => {
    const tenant = await fresh(`planted-${kind}`)
    const before = await fingerprint(tenant.id)
    const move = await perform(
      await requestMove(tenancy(), { tenantId: tenant.id, to: kind, ...asked }),
      'caught_up',
    )
    const name = privateName(tenant.id)
    const there = new URL(mainAdmin())
    if (kind === 'database') there.pathname = `/${name}`
    await admin(
      `update ${name}.note_lines set quantity = quantity + 1 where ctid = (select min(ctid) from ${name}.note_lines)`,
      there.toString(),
    )
    const ended = await perform(move)
    expect(ended.state).toBe('aborted')
    expect(ended.error).toMatch(
      /the copy of note_lines differs between key the first and the last: (\d+) rows with checksum -?\d+ in the source, \1 with -?\d+ in the target/,
    )
    expect(await placementOf(tenancy(), tenant.id)).toMatchObject({ kind: 'shared', epoch: 1 })
    expect(await fingerprint(tenant.id)).toEqual(before)
  },
)

test(
  'a transaction that stays open delays only the move, which names it',
  { timeout: 60_000 },
  async () => {
    const [tenant, neighbour] = [await fresh('patient'), await fresh('other')]
    const open = holdOpen(tenant, 4000)
    const move = await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked })
    const moving = advanceMove(tenancy(), move.id, signal())
    const waits = { own: 0, others: 0 }
    const timed = async (who: 'own' | 'others', caller: typeof tenant.owner) => {
      const began = performance.now()
      await withTenant(caller, (tx) => insertNote(tx, 'x'))
      waits[who] = Math.max(waits[who], performance.now() - began)
    }
    let over = false
    void open.then(() => (over = true))
    while (!over) await Promise.all([timed('own', tenant.owner), timed('others', neighbour.owner)])
    await moving
    expect(waits.own).toBeLessThan(1000)
    expect(waits.others).toBeLessThan(1000)
    const waited = (await readEvents(tenancy(), move.id)).find(({ event }) => event === 'waiting')
    expect(waited?.detail).toMatch(
      /^backend \d+ \(rowhouse_tenant, rowhouse\), whose transaction has been active for \d+ s$/,
    )
    expect(await readMove(tenancy(), move.id)).toMatchObject({ state: 'switched' })
  },
)

test('capture is part of the signed context: a transaction cannot drop it', async () => {
  const tenant = await fresh('captured')
  await perform(
    await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked }),
    'capturing',
  )
  const write = (before: string) =>
    withTenant(tenant.owner, async (tx) => {
      await tx.execute(sql.raw(before))
      const { rowCount } = await tx.execute(
        sql`update notes set body = 'changed' where tenant_id = ${tenant.id}`,
      )
      return rowCount
    })
  const logged = async () =>
    Number(
      (
        await admin<{ n: string }>(
          `select count(*) as n from tenancy.changed_keys where tenant_id = '${tenant.id}'`,
        )
      )[0]?.n,
    )
  expect(await write(`select 1`)).toBeGreaterThan(0)
  const before = await logged()
  expect(before).toBeGreaterThan(0)
  expect(await write(`set local "tenancy.context" = ''`)).toBe(0)
  expect(
    await write(
      `do $$ begin execute 'set local "tenancy.context" = ''' || replace(current_setting('tenancy.context'), '+', '') || ''''; end $$`,
    ),
  ).toBe(0)
  await expect(write(`set local session_replication_role = replica`)).rejects.toThrow()
  expect(await logged()).toBe(before)
})

test('an app that serves the tenant opens connections to the target before the first request there', async () => {
  const tenant = await fresh('warm')
  const stop = listenForPlacements(tenancy())
  try {
    while (
      (
        await admin(
          `select from pg_stat_activity where application_name = 'rowhouse placements' and query like 'listen%' and datname = current_database()`,
        )
      ).length === 0
    )
      await sleep(10)
    await fingerprint(tenant.id)
    const move = await perform(
      await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked }),
      'verified',
    )
    await placementOf(tenancy(), tenant.id)
    expect(await perform(move)).toMatchObject({ state: 'switched' })
    const opened = `select from pg_stat_activity where usename = '${privateName(tenant.id)}'`
    while ((await admin(opened)).length < 4) await sleep(10)
  } finally {
    await stop()
  }
})

test('a connection that compares rows closes with the monitored one, so a network failure does not stall a move', async () => {
  const tenant = await fresh('watched')
  const move = await requestMove(tenancy(), { tenantId: tenant.id, to: 'schema', ...asked })
  const main = await openConnection(
    tenancy(),
    await resolveEnd(tenancy(), tenant.id, move.source),
    'test',
  )
  const run = new MoveRun(tenancy(), { move: move, slug: tenant.slug, main, stopping: signal() })
  const view = await run.connect('source')
  const ended = new Promise((resolve) => view.once('end', () => resolve('ended')))
  drop(await run.source())
  expect(await ended).toBe('ended')
  await run.close()
  drop(main)
  await requestAbort(tenancy(), actionOn(tenant))
  expect(await perform(move)).toMatchObject({ state: 'aborted' })
})

test('a run that has ended opens no more connections, which would block the next run', async () => {
  const tenant = await fresh('ended')
  const move = await requestMove(tenancy(), { tenantId: tenant.id, to: 'database', ...asked })
  await perform(move, 'copied')
  const main = await openConnection(
    tenancy(),
    await resolveEnd(tenancy(), tenant.id, move.source),
    'test',
  )
  const run = new MoveRun(tenancy(), {
    move: await readMove(tenancy(), move.id),
    slug: tenant.slug,
    main,
    stopping: signal(),
  })
  const opening = run.target() // begun before the end, and open after it
  const closing = run.close()
  await expect(run.source()).rejects.toMatchObject({ code: 'run_closed' })
  await Promise.all([opening, closing])
  await expect(run.target()).rejects.toMatchObject({ code: 'run_closed' })
  drop(main)
  expect(await perform(move)).toMatchObject({ state: 'switched', error: null })
})

test(
  'a tenant can return, by rollback and by a new move, to a source left fenced by a worker that died after the registry commit',
  { timeout: 60_000 },
  async () => {
    const tenant = await fresh('fenced')
    const away = async () => {
      expect(
        await perform(
          await requestMove(tenancy(), { tenantId: tenant.id, to: 'database', ...asked }),
        ),
      ).toMatchObject({ state: 'switched' })
      await admin(
        `update tenancy.tenant_homes set state = 'fenced' where tenant_id = '${tenant.id}'`,
      )
    }
    await away()
    expect(await perform(await requestRollback(tenancy(), actionOn(tenant)))).toMatchObject({
      state: 'cleaned',
      error: null,
    })
    await away()
    expect(await perform(await requestConfirm(tenancy(), actionOn(tenant)))).toMatchObject({
      state: 'cleaned',
      error: null,
    })
    expect(
      await perform(await requestMove(tenancy(), { tenantId: tenant.id, to: 'shared', ...asked })),
    ).toMatchObject({ state: 'switched', error: null })
  },
)

test('the role of an old location cannot enter it after the switch', async () => {
  const tenant = await fresh('left', 'schema')
  const old = await placementOf(tenancy(), tenant.id)
  expect(
    await perform(await requestMove(tenancy(), { tenantId: tenant.id, to: 'shared', ...asked })),
  ).toMatchObject({ state: 'switched' })
  const enter = withConnection(connectionString(tenancy(), old), (client) =>
    client.query('select tenancy.enter_as_dedicated_role($1, $2)', [tenant.id, old.epoch]),
  )
  await expect(enter).rejects.toMatchObject({ code: 'TN409' })
  expect(await admin(`select from ${old.schema}.notes`)).toHaveLength(10)
})
