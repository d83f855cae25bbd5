import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { record } from '#db/console/audit'
import { connected, inDatabase } from '#db/connect'
import * as erasures from '#db/erase/erasures'
import { forgetTenant } from '#db/erase/forget'
import { runErasure, runErasures } from '#db/erase/run'
import * as exports from '#db/export/exports'
import { runExport } from '#db/export/run'
import * as holds from '#db/holds'
import { fingerprint } from '#db/import/testing/archives'
import { countCall } from '#db/limits/api-limits'
import { callerFor, inhabitant, type Inhabitant } from '#db/isolation/testing/world'
import { platformPool } from '#db/pools'
import { platform } from '#db/registry'
import { placementKinds } from '#db/schema/platform'
import * as sessions from '#db/accounts/sessions'
import { addMember } from '#db/tenants'
import * as users from '#db/accounts/users'
import { newId } from '#db/id'

const admin = process.env.DATABASE_URL ?? ''

beforeAll(async () => {
  process.env.EXPORT_DIR = await mkdtemp(join(tmpdir(), 'rowhouse-erase-'))
})

/** Every table of every database of this test in which one of the texts stands, and every file. */
async function traces(texts: string[]): Promise<string[]> {
  const { rows: databases } = await connected(admin, (client) =>
    client.query<{ name: string }>(
      `select datname as name from pg_database where datname = current_database() or datname in (select 't_' || replace(x, '-', '') from unnest($1::text[]) as x)`,
      [texts],
    ),
  )
  const found: string[] = []
  for (const { name } of databases) {
    await connected(inDatabase(admin, name), async (client) => {
      const { rows } = await client.query<{ at: string }>(
        `select format('%I.%I', schemaname, tablename) as at from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
      )
      for (const { at } of rows) {
        const hit = await client.query(
          `select from ${at} as t where exists (select from unnest($1::text[]) as x where strpos(lower(t::text), lower(x)) > 0) limit 1`,
          [texts],
        )
        if (hit.rowCount)
          found.push(`${name === new URL(admin).pathname.slice(1) ? 'main' : name} ${at}`)
      }
    })
  }
  for (const file of await readdir(process.env.EXPORT_DIR ?? '', {
    recursive: true,
    withFileTypes: true,
  })) {
    const path = join(file.parentPath, file.name)
    if (
      texts.some((text) => path.includes(text)) ||
      (file.isFile() && texts.some((text) => path.endsWith('.part') || path.includes(text)))
    )
      found.push(path)
    else if (file.isFile() && (await readFile(path)).includes(texts[0] ?? '')) found.push(path)
  }
  return found.toSorted()
}

/** A tenant that has left something everywhere. */
async function busy(kind: (typeof placementKinds)[number]): Promise<Inhabitant> {
  const one = await inhabitant(kind, 'gone', 5)
  await runExport((await exports.request(platform(), one.id, one.mark)).id)
  await exports.request(platform(), one.id, one.mark)
  await record(platform(), {
    actor: one.mark,
    deed: 'tested',
    tenantId: one.id,
    detail: { name: one.mark },
  })
  await platformPool().query(
    `insert into platform.mail (id, tenant_id, recipient, kind, sealed) values ($1, $2, $3, 'invitation', $4), ($5, null, $6, 'reset', $4)`,
    [newId(), one.id, `${one.mark}@guest.example`, one.mark, newId(), `owner@${one.slug}.example`],
  )
  await countCall({ tenantId: one.id })
  await platformPool().query(`insert into pgboss.job (name, data) values ('move', $1)`, [
    { moveId: one.id, note: one.mark },
  ])
  return one
}

describe.each(placementKinds)('erasing a tenant in a %s placement', (kind) => {
  it('leaves nothing of it anywhere, and everybody else as they were', async () => {
    const [one, other] = [await busy(kind), await inhabitant(kind, 'stays', 5)]
    const guest = await users.create(platform(), { email: `${newId()}@both.example`, name: 'Both' })
    await addMember(platform(), one.id, guest.id, 'member')
    await addMember(platform(), other.id, guest.id, 'member')
    const session = await callerFor(guest.id, one.id)
    await sessions.switchTenant(session.token, one.id)
    await countCall({ tenantId: other.id })
    const before = await fingerprint(other.id)
    expect((await traces([one.mark, one.id])).length).toBeGreaterThan(10)

    const { id } = await erasures.request(
      one.id,
      { actor: one.mark, userId: one.owner.actor.id },
      0,
    )
    const receipt = await runErasure(id)

    expect(receipt).toMatchObject({
      'rows of orders': 5,
      'rows of activity': 1,
      'export files': 1,
      jobs: 1,
      tenants: 1,
      members: 2,
      users: 1,
      'sessions that forget it': 2,
      placements: 1,
      rate_limits: 1,
    })
    expect(await traces([one.mark, one.slug, `t_${one.id.replaceAll('-', '')}`])).toEqual([])
    expect(await traces([one.id])).toEqual(['main platform.audit', 'main platform.erasures'])
    const { rows: logins } = await connected(admin, (client) =>
      client.query(`select from pg_roles where rolname = $1`, [`t_${one.id.replaceAll('-', '')}`]),
    )
    expect(logins).toEqual([])
    expect(await fingerprint(other.id)).toEqual(before)
    expect(await sessions.read(session.token)).toMatchObject({
      user: { id: guest.id },
      tenant: null,
      tenants: [{ id: other.id }],
    })
    expect(await runErasure(id)).toBeUndefined()
    await forgetTenant(other.id)
  }, 60_000)
})

describe('the trail', () => {
  it('still proves itself after a tenant was forgotten', async () => {
    const { rows } = await connected(admin, (client) =>
      client.query<{ broken: number; emptied: number; all: number }>(`
      select count(*)::int as all,
        count(*) filter (where a.hash <> tenancy.audit_hash(a) or a.previous <> coalesce(b.hash, '\\x'))::int as broken,
        count(*) filter (where a.content <> tenancy.audit_content(a))::int as emptied
      from platform.audit as a
      left join lateral (select hash from platform.audit where seq < a.seq order by seq desc limit 1) as b on true`),
    )
    expect(rows[0]?.all).toBeGreaterThan(3)
    expect(rows[0]).toMatchObject({ broken: 0 })
    expect(rows[0]?.emptied).toBeGreaterThan(0)
  })
})

describe('an erasure', () => {
  it('waits, and can be taken back until its time has come', async () => {
    const one = await inhabitant('shared', 'waits', 2)
    const wish = await erasures.request(one.id, { actor: 'test', userId: null })
    expect(await runErasure(wish.id)).toBeUndefined()
    expect((await erasures.request(one.id, { actor: 'test', userId: null })).id).toBe(wish.id)
    await runErasures()
    expect((await fingerprint(one.id)).orders).toMatch(/^2 /)
    await erasures.withdraw(one.id, 'test')
    await expect(erasures.withdraw(one.id, 'test')).rejects.toThrow(
      'no erasure that could still be stopped',
    )
    expect(await erasures.current(platform(), one.id)).toBeUndefined()
  })

  it('does nothing to a tenant on hold, not even when it was asked for before', async () => {
    const one = await inhabitant('shared', 'held', 2)
    const wish = await erasures.request(one.id, { actor: 'test', userId: null }, 0)
    await holds.hold({ tenantId: one.id, slug: one.slug, actor: 'test', reason: 'court' })
    await expect(runErasure(wish.id)).rejects.toThrow('on legal hold')
    await expect(
      erasures.request((await inhabitant('shared', 'x', 1)).id, { actor: 'test', userId: null }, 0),
    ).resolves.toBeDefined()
    expect((await fingerprint(one.id)).orders).toMatch(/^2 /)
  })

  it.each(placementKinds)(
    'in a %s placement that broke off goes on, and its receipt says what there was',
    async (kind) => {
      const one = await inhabitant(kind, 'broken', 3)
      const { id } = await erasures.request(one.id, { actor: 'test', userId: null }, 0)
      await connected(admin, (client) =>
        client.query(`
      create function platform.break() returns trigger language plpgsql as 'begin raise exception ''the lights went out''; end';
      create trigger break before delete on platform.tenants for each row execute function platform.break()`),
      )
      await expect(runErasure(id)).rejects.toThrow('the lights went out')
      expect(await erasures.current(platform(), one.id)).toMatchObject({
        receipt: { 'rows of orders': 3 },
        endedAt: null,
      })
      await connected(admin, (client) => client.query('drop function platform.break() cascade'))
      expect(await runErasure(id)).toMatchObject({ 'rows of orders': 3, tenants: 1 })
      expect(await traces([one.mark])).toEqual([])
    },
    60_000,
  )
})
