import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { checkFleet } from '#tenancy/checks/doctor'
import { Invalid } from '#tenancy/base/errors'
import { newId, privateName } from '#tenancy/base/ids'
import { callerFor, person, queryAs } from '#tenancy/testing/fixture/test-tenants'
import { createTenant } from '#tenancy/placements/create-tenant'
import { provision, unprovision } from '#tenancy/placements/provision'
import { inspectServer } from '#tenancy/placements/servers'
import { closePools } from '#tenancy/registry/pools'
import { connectionString, placementOf } from '#tenancy/registry/placements'
import { platform, tenancy, tiers } from '#tenancy/testing/fixture/tenancy'
import { tenants } from '#tenancy/base/schema'
import { decrypt, encrypt } from '#tenancy/base/encryption'

const tierNames = Object.keys(tiers)

let ownerId: string
beforeAll(async () => void (ownerId = await person('Owner')))
afterAll(() => closePools(tenancy()))

/** Removes a tenant completely, so that registry and tenant homes agree in the next test. */
async function remove(id: string): Promise<void> {
  await unprovision(tenancy(), id, await placementOf(tenancy(), id))
  await platform().delete(tenants).where(eq(tenants.id, id))
}

const admin = <T>(text: string) =>
  withConnection(
    process.env.DATABASE_URL ?? '',
    async (client) => (await client.query(text)).rows as T[],
  )

describe('hostile and unusual slugs', () => {
  test.each([
    'a"; drop schema shared; --',
    "x'; --",
    'Ünïcode',
    '日本',
    '',
    ' ',
    '-a',
    'a-',
    'UPPER',
    'a_b',
    'a.b',
    '../x',
    'a'.repeat(64),
    'admin',
    'shared',
    'postgres',
    'a\u0000b',
  ])('%j is refused', async (slug) => {
    await expect(
      createTenant(tenancy(), { slug, name: 'x', tier: 'starter', ownerId }),
    ).rejects.toBeInstanceOf(Invalid)
  })

  test.each(['select', 'user', 'order', 'public-1', 'a'.repeat(63)])(
    '%s is harmless in every tier',
    async (slug) => {
      for (const tier of tierNames) {
        const one = `${slug.slice(0, 60)}-${tier.charAt(0)}`
        const { id } = await createTenant(tenancy(), {
          slug: one,
          name: `"; drop schema shared; -- ${tier}`,
          ownerId,
          tier,
        })
        const owner = await callerFor(ownerId, id)
        expect(await queryAs(owner, 'select count(*)::int as n from notes')).toEqual([{ n: 0 }])
        await remove(id)
      }
    },
  )
})

test('a taken slug leaves no schema, database or role behind', async () => {
  await createTenant(tenancy(), { slug: 'taken', name: 'Taken', tier: 'starter', ownerId })
  for (const tier of tierNames) {
    const id = newId()
    await expect(
      createTenant(tenancy(), { id, slug: 'taken', name: 'Again', ownerId, tier }),
    ).rejects.toMatchObject({ field: 'slug' })
    const name = privateName(id)
    expect(
      await admin(
        `select rolname as name from pg_roles where rolname = '${name}' union all select datname from pg_database where datname = '${name}' union all select nspname from pg_namespace where nspname = '${name}'`,
      ),
    ).toEqual([])
  }
})

test('provisioning and removal can be repeated', async () => {
  for (const kind of ['schema', 'database'] as const) {
    const id = newId()
    const before = (await checkFleet(tenancy())).findings
    await provision(tenancy(), id, kind)
    const placement = await provision(tenancy(), id, kind)
    expect((await checkFleet(tenancy())).findings).toEqual(before)
    await unprovision(tenancy(), id, placement)
    await unprovision(tenancy(), id, placement)
    expect(await admin(`select from pg_roles where rolname = '${privateName(id)}'`)).toEqual([])
  }
})

test('a dedicated role can use its own schema and nothing else', async () => {
  const a = await createTenant(tenancy(), { slug: 'own-a', name: 'A', ownerId, tier: 'business' })
  const b = await createTenant(tenancy(), { slug: 'own-b', name: 'B', ownerId, tier: 'enterprise' })
  const url = connectionString(tenancy(), await placementOf(tenancy(), a.id))
  await withConnection(url, async (client) => {
    for (const table of ['shared.notes', 'platform.people', 'tenancy.key', 'tenancy.tenant_homes'])
      await expect(client.query(`select * from ${table}`)).rejects.toMatchObject({ code: '42501' })
  })
  const otherDatabase = new URL(url)
  otherDatabase.pathname = `/${privateName(b.id)}`
  await expect(
    withConnection(otherDatabase.toString(), (client) => client.query('select')),
  ).rejects.toMatchObject({ code: '42501' })
  for (const { id } of [a, b]) await remove(id)
})

test('a reporting tool with a dedicated role can read in read-only transactions while the tenant is there, and cannot write', async () => {
  const { id } = await createTenant(tenancy(), {
    slug: 'reports',
    name: 'Reports',
    ownerId,
    tier: 'business',
  })
  const owner = await callerFor(ownerId, id)
  await queryAs(
    owner,
    `insert into notes (tenant_id, id, number, title) values ('${id}', '${newId()}', 1, 'One')`,
  )
  await withConnection(
    connectionString(tenancy(), await placementOf(tenancy(), id)),
    async (client) => {
      expect((await client.query('select * from notes')).rowCount).toBe(0)
      await client.query('begin read only')
      expect((await client.query('select * from notes')).rowCount).toBe(1)
      await expect(client.query('delete from notes')).rejects.toMatchObject({ code: '25006' })
      await client.query('rollback')
      const readIn = async (state: string) => {
        await withConnection(process.env.DATABASE_URL ?? '', (admin) =>
          admin.query('update tenancy.tenant_homes set state = $1 where tenant_id = $2', [
            state,
            id,
          ]),
        )
        await client.query('begin read only')
        const { rowCount } = await client.query('select * from notes')
        await client.query('rollback')
        return rowCount
      }
      for (const state of ['incoming', 'fenced', 'gone', 'aborted'])
        expect([state, await readIn(state)]).toEqual([state, 0])
      for (const state of ['copying', 'active'])
        expect([state, await readIn(state)]).toEqual([state, 1])
    },
  )
  await remove(id)
})

test('inspecting a server reports a wrong URL, an unreachable server and a wrong password', async () => {
  expect(await inspectServer(tenancy(), process.env.DATABASE_URL ?? '')).toMatchObject({
    isMain: true,
  })
  await expect(inspectServer(tenancy(), 'mysql://x')).rejects.toBeInstanceOf(Invalid)
  await expect(inspectServer(tenancy(), 'postgres://a:b@127.0.0.1:1/x')).rejects.toThrow(
    'the connection failed',
  )
  const owner = new URL(process.env.DATABASE_URL ?? '')
  owner.password = 'wrong'
  await expect(inspectServer(tenancy(), owner.toString())).rejects.toThrow('the connection failed')
})

test('a secret can only be decrypted with its own context and its full tag', () => {
  const encrypted = encrypt(tenancy(), 'password', 'placement 1')
  expect(decrypt(tenancy(), encrypted, 'placement 1')).toBe('password')
  expect(() => decrypt(tenancy(), encrypted, 'placement 2')).toThrow()
  expect(() => decrypt(tenancy(), encrypted.slice(0, -2), 'placement 1')).toThrow()
  const [version, key, nonce, tag = '', text] = encrypted.split('.')
  const short = Buffer.from(tag, 'base64url').subarray(0, 4).toString('base64url')
  expect(() =>
    decrypt(tenancy(), [version, key, nonce, short, text].join('.'), 'placement 1'),
  ).toThrow()
})
