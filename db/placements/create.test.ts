import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connected } from '#db/connect'
import { examineFleet } from '#db/doctor/doctor'
import { env } from '#db/env'
import { Invalid } from '#db/errors'
import { newId, privateName } from '#db/id'
import { callerFor, through } from '#db/isolation/testing/world'
import { createTenant } from '#db/placements/create'
import { provision, unprovision } from '#db/placements/provision'
import { inspectServer } from '#db/placements/servers'
import { closePools } from '#db/pools'
import { connectionString, placementOf, platform } from '#db/registry'
import { tenants, tiers } from '#db/schema/platform'
import { decrypt, encrypt } from '#db/secrets'
import * as users from '#db/accounts/users'

let ownerId: string
beforeAll(
  async () =>
    void (ownerId = (
      await users.create(platform(), {
        email: 'owner@create.example',
        name: 'Owner',
        verified: true,
      })
    ).id),
)
afterAll(closePools)

/** Takes a tenant away whole, so that registry and places tell one story for the next test. */
async function remove(id: string): Promise<void> {
  await unprovision(id, await placementOf(id))
  await platform().delete(tenants).where(eq(tenants.id, id))
}

const admin = <T>(text: string) =>
  connected(env().DATABASE_URL ?? '', async (client) => (await client.query(text)).rows as T[])

describe('hostile and strange slugs', () => {
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
    await expect(createTenant({ slug, name: 'x', ownerId })).rejects.toBeInstanceOf(Invalid)
  })

  test.each(['select', 'user', 'order', 'public-1', 'a'.repeat(63)])(
    '%s is harmless in every tier',
    async (slug) => {
      for (const tier of tiers) {
        const one = `${slug.slice(0, 60)}-${tier.charAt(0)}`
        const { id } = await createTenant({
          slug: one,
          name: `"; drop schema shared; -- ${tier}`,
          ownerId,
          tier,
        })
        const owner = await callerFor(ownerId, id)
        expect(await through(owner, 'select count(*)::int as n from orders')).toEqual([{ n: 0 }])
        await remove(id)
      }
    },
  )
})

test('a taken slug leaves nothing behind: no schema, no database, no login', async () => {
  await createTenant({ slug: 'taken', name: 'Taken', ownerId })
  for (const tier of tiers) {
    const id = newId()
    await expect(createTenant({ id, slug: 'taken', name: 'Again', ownerId, tier })).rejects.toThrow(
      'the slug taken is taken',
    )
    const place = privateName(id)
    expect(
      await admin(
        `select rolname as name from pg_roles where rolname = '${place}' union all select datname from pg_database where datname = '${place}' union all select nspname from pg_namespace where nspname = '${place}'`,
      ),
    ).toEqual([])
  }
})

test('provisioning twice is provisioning once, and taking away twice too', async () => {
  for (const kind of ['schema', 'database'] as const) {
    const id = newId()
    const before = (await examineFleet()).findings
    await provision(id, kind)
    const place = await provision(id, kind)
    expect((await examineFleet()).findings).toEqual(before)
    await unprovision(id, place)
    await unprovision(id, place)
    expect(await admin(`select from pg_roles where rolname = '${privateName(id)}'`)).toEqual([])
  }
})

test('an own login uses its own schema and nothing else', async () => {
  const a = await createTenant({ slug: 'own-a', name: 'A', ownerId, tier: 'business' })
  const b = await createTenant({ slug: 'own-b', name: 'B', ownerId, tier: 'enterprise' })
  const url = connectionString(await placementOf(a.id))
  await connected(url, async (client) => {
    for (const table of ['shared.orders', 'platform.users', 'tenancy.key', 'tenancy.residents'])
      await expect(client.query(`select * from ${table}`)).rejects.toMatchObject({ code: '42501' })
  })
  const elsewhere = new URL(url)
  elsewhere.pathname = `/${privateName(b.id)}`
  await expect(
    connected(elsewhere.toString(), (client) => client.query('select')),
  ).rejects.toMatchObject({ code: '42501' })
  for (const { id } of [a, b]) await remove(id)
})

test('a reporting tool with the own login reads in read-only transactions, and writes nothing', async () => {
  const { id } = await createTenant({ slug: 'reports', name: 'Reports', ownerId, tier: 'business' })
  const owner = await callerFor(ownerId, id)
  await through(
    owner,
    `insert into customers (tenant_id, id, name) values ('${id}', '${newId()}', 'One')`,
  )
  await connected(connectionString(await placementOf(id)), async (client) => {
    expect((await client.query('select * from customers')).rowCount).toBe(0)
    await client.query('begin read only')
    expect((await client.query('select * from customers')).rowCount).toBe(1)
    await expect(client.query('delete from customers')).rejects.toMatchObject({ code: '25006' })
  })
  await remove(id)
})

test('a server is looked at before anything is done there', async () => {
  expect(await inspectServer(env().DATABASE_URL ?? '')).toMatchObject({ isMain: true })
  await expect(inspectServer('mysql://x')).rejects.toBeInstanceOf(Invalid)
  await expect(inspectServer('postgres://a:b@127.0.0.1:1/x')).rejects.toThrow('does not let us in')
  const owner = new URL(env().DATABASE_URL ?? '')
  owner.password = 'wrong'
  await expect(inspectServer(owner.toString())).rejects.toThrow('does not let us in')
})

test('a secret opens with its own context and its whole tag only', () => {
  const sealed = encrypt('password', 'placement 1')
  expect(decrypt(sealed, 'placement 1')).toBe('password')
  expect(() => decrypt(sealed, 'placement 2')).toThrow()
  expect(() => decrypt(sealed.slice(0, -2), 'placement 1')).toThrow()
  const [version, key, nonce, tag = '', text] = sealed.split('.')
  const short = Buffer.from(tag, 'base64url').subarray(0, 4).toString('base64url')
  expect(() => decrypt([version, key, nonce, short, text].join('.'), 'placement 1')).toThrow()
})
