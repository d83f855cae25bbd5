import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { env, loginPassword } from '#db/env'
import { buildWorld, leaveWorld, through, type World } from '#db/isolation/testing/world'
import { closePools } from '#db/pools'
import { connectionString, placementOf } from '#db/registry'
import { placementKinds } from '#db/schema/platform'
import { findPgbouncer, startPgbouncer } from '#db/testing/pgbouncer'

const program = findPgbouncer()
if ('missing' in program) console.warn(`left out: ${program.missing}`)

describe.skipIf('missing' in program)('through PgBouncer in transaction mode', () => {
  let world: World
  let stop: () => Promise<void>

  beforeAll(async () => {
    world = await buildWorld(placementKinds, 3)
    const own = await Promise.all(
      [...world.schema, ...world.database].map(async ({ id }) => {
        const { login, password } = await placementOf(id)
        return [login ?? '', password ?? ''] as [string, string]
      }),
    )
    await closePools()
    const url = connectionString(await placementOf(world.shared[0].id))
    if ('missing' in program) throw new Error(program.missing)
    const bouncer = await startPgbouncer(
      program.path,
      url,
      [['rowhouse_tenant', loginPassword('tenant')], ...own],
      2,
    )
    stop = bouncer.stop
    // the door builds every tenant URL on this one; env() was read, and its URLs are the same
    // object for everybody
    const behind = new URL(url)
    behind.port = String(bouncer.port)
    env().TENANT_DATABASE_URL = behind.toString()
  })
  afterAll(async () => {
    await closePools()
    await stop()
    env().TENANT_DATABASE_URL = process.env.TENANT_DATABASE_URL
    await leaveWorld(world)
    await closePools()
  })

  test.each(placementKinds)(
    'alternations of two %s tenants on two server connections: each sees its own rows and nothing else',
    async (kind) => {
      const turns = kind === 'shared' ? 10_000 : 1000
      for (let done = 0; done < turns; done += 20) {
        await Promise.all(
          Array.from({ length: 20 }, async (_, i) => {
            const { owner, id } = world[kind][(done + i) % 2 === 0 ? 0 : 1]
            expect(
              await through(
                owner,
                `select string_agg(distinct tenant_id::text, ',') as ids, current_setting('tenancy.seal') <> '' as sealed from orders`,
              ),
            ).toEqual([{ ids: id, sealed: true }])
          }),
        )
      }
    },
    120_000,
  )

  test('what one request leaves behind, the next one on the same server connection does not find', async () => {
    const [a, b] = world.shared
    for (let i = 0; i < 20; i++) {
      await through(a.owner, `set search_path = pg_catalog`)
      const [found] = await through(
        b.owner,
        `select count(*)::int as n, count(*) filter (where tenant_id <> '${b.id}')::int as strange from orders`,
      )
      expect(found).toEqual({ n: 3, strange: 0 })
    }
  })
})
