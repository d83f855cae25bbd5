import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connected, inDatabase } from '#db/connect'
import { loginUrl } from '#db/env'
import { MoveUnderWay, SamePlace, ServerUnusable, TargetHeld, TargetOccupied } from '#db/errors'
import { privateName } from '#db/id'
import type { Inhabitant } from '#db/isolation/world'
import { latestMove, readMove } from '#db/move/ledger'
import { drive } from '#db/move/move'
import { planMove, requestAbort, requestConfirm, requestMove } from '#db/move/request'
import { driven, fingerprint, leave, mainAdmin, settleIn } from '#db/move/testing/world'
import { closePools } from '#db/pools'
import { placementOf } from '#db/registry'

let tenant: Inhabitant
beforeAll(async () => void (tenant = await settleIn('shared', 'refused', 10)))
afterAll(async () => {
  await leave([tenant])
  await closePools()
})

const asked = { actor: 'test', reason: 'test' }
const admin = (text: string) => connected(mainAdmin(), (client) => client.query(text))

test('two operators who ask at once get one move, and a third who wants another gets told', async () => {
  const both = await Promise.all([requestMove({ tenantId: tenant.id, to: 'schema', ...asked }), requestMove({ tenantId: tenant.id, to: 'schema', ...asked })])
  expect(both[0].id).toBe(both[1].id)
  await expect(requestMove({ tenantId: tenant.id, to: 'database', ...asked })).rejects.toBeInstanceOf(MoveUnderWay)
  await requestAbort(tenant.id, tenant.slug, 'test')
  expect(await driven(both[0])).toMatchObject({ state: 'aborted', abortBy: 'test' })
  expect(await placementOf(tenant.id)).toMatchObject({ kind: 'shared' })
})

test('what was begun is taken away when a move is given up half way', async () => {
  const before = await fingerprint(tenant.id)
  const move = await driven(await requestMove({ tenantId: tenant.id, to: 'schema', ...asked }), 'caught_up')
  expect(move.state).toBe('caught_up')
  await requestAbort(tenant.id, tenant.slug, 'test')
  expect(await driven(move)).toMatchObject({ state: 'aborted', error: 'given up by test' })
  const { rowCount } = await admin(`select from pg_namespace where nspname = '${privateName(tenant.id)}' union all select from tenancy.changed_keys`)
  expect(rowCount).toBe(0)
  expect(await fingerprint(tenant.id)).toEqual(before)
})

test('a tenant is not moved to where it is, nor confirmed before it has moved', async () => {
  await expect(requestMove({ tenantId: tenant.id, to: 'shared', ...asked })).rejects.toBeInstanceOf(SamePlace)
  await expect(requestConfirm(tenant.id, tenant.slug, 'test')).rejects.toThrow('cannot be confirmed')
})

describe('a target that cannot take the tenant is refused before anything is written down', () => {
  const to = (databaseUrl: string) => ({ tenantId: tenant.id, to: 'database' as const, databaseUrl, ...asked })
  const changed = (how: (url: URL) => void) => {
    const url = new URL(mainAdmin())
    how(url)
    return url.toString()
  }

  test.each([
    ['nobody is there', () => changed((url) => (url.port = '1')), ServerUnusable, 'ECONNREFUSED'],
    ['the password is wrong', () => changed((url) => (url.password = 'wrong')), ServerUnusable, 'password authentication failed'],
    ['the login may not make databases', () => loginUrl('platform'), ServerUnusable, 'may not create roles and databases'],
  ])('%s', async (_, url, error, message) => {
    const last = (await latestMove(tenant.id))?.id
    for (const ask of [planMove, requestMove]) {
      await expect(ask(to(url()))).rejects.toBeInstanceOf(error)
      await expect(ask(to(url()))).rejects.toThrow(message)
    }
    expect((await latestMove(tenant.id))?.id).toBe(last)
  })

  test.each([['schema', `create schema`, 'drop schema'], ['database', 'create database', 'drop database']] as const)('there is such a %s already', async (kind, create, drop) => {
    const name = privateName(tenant.id)
    await connected(inDatabase(mainAdmin(), kind === 'schema' ? new URL(mainAdmin()).pathname.slice(1) : 'postgres'), (client) => client.query(`${create} ${name}`))
    try {
      await expect(requestMove({ tenantId: tenant.id, to: kind, ...asked })).rejects.toBeInstanceOf(TargetOccupied)
    } finally {
      await admin(`${drop} ${name}`)
    }
  })
})

test('a migration and a move of one target never overlap, and each says whom it waits for', async () => {
  const move = await requestMove({ tenantId: tenant.id, to: 'schema', ...asked })
  await connected(loginUrl('migrator'), async (migrator) => {
    await migrator.query(`set application_name = 'a migration'; set role rowhouse_owner; select pg_advisory_lock(tenancy.target_key('shared'))`)
    await expect(drive(move.id, new AbortController().signal)).rejects.toBeInstanceOf(TargetHeld)
    expect((await readMove(move.id)).note).toContain('shared is being migrated by a migration')
    await migrator.query('select pg_advisory_unlock_all()')
    const moving = drive(move.id, new AbortController().signal)
    const refused = async () => {
      for (;;) {
        const { rows } = await migrator.query<{ holders: string | null }>(`select tenancy.target_holders('shared') as holders`)
        if (rows[0]?.holders) return migrator.query(`select tenancy.claim_target('shared')`)
      }
    }
    await expect(refused()).rejects.toThrow(`it is held by rowhouse move of ${tenant.slug}`)
    await moving
  })
  expect(await readMove(move.id)).toMatchObject({ state: 'switched' })
})
