import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eq, sql } from 'drizzle-orm'
import { pgSchema, text, uuid } from 'drizzle-orm/pg-core'
import { afterAll, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { decrypt, encrypt, needsRotation } from '#tenancy/base/encryption'
import { newId } from '#tenancy/base/ids'
import { controlPlaneTable, moves, placements, servers } from '#tenancy/base/schema'
import { rotateEncryptionKey } from '#tenancy/data/rotate-encryption-key'
import { requestAbort } from '#tenancy/moves/move-actions'
import { requestMove } from '#tenancy/moves/requests'
import { unprovision } from '#tenancy/placements/provision'
import { forgetPlacement, placementOf } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { addTables, platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import { createTestTenant, queryAs } from '#tenancy/testing/fixture/test-tenants'

afterAll(() => closePools(tenancy()))

/** Replaces the key, as a restart with the next key does. */
function changeKey(): void {
  const { config } = tenancy()
  config.previousEncryptionKey = config.encryptionKey
  config.encryptionKey = randomBytes(32).toString('base64')
}

const diary = pgSchema('platform').table('diary', {
  id: uuid().primaryKey(),
  entry: text().notNull(),
})
controlPlaneTable(diary, {
  tenant: null,
  export: 'none',
  restore: 'stay',
  erase: 'keep',
  personal: [],
  encrypted: [{ column: 'entry', context: ({ id }) => `diary ${id}` }],
})

addTables({ diary })

test('after a rotation, every secret can be decrypted with the new key alone', async () => {
  const { id, slug, owner } = await createTestTenant('schema', 'a', 1)
  await requestMove(tenancy(), { tenantId: id, to: 'database', actor: 'test', reason: 'test' })
  const [server, page] = [newId(), newId()]
  const secretOf = (login: string) => encrypt(tenancy(), `password`, `server ${server} ${login}`)
  await platform()
    .insert(servers)
    .values({
      id: server,
      name: 'other',
      host: 'other.example',
      port: 5432,
      migratorSecret: secretOf('migrator'),
      workerSecret: secretOf('worker'),
    })
  await withConnection(process.env.DATABASE_URL ?? '', (admin) =>
    admin.query(
      'set role rowhouse_owner; create table platform.diary (id uuid primary key, entry text not null)',
    ),
  )
  const entry = encrypt(tenancy(), 'dear diary', `diary ${page}`)
  await platform().insert(diary).values({ id: page, entry })

  changeKey()
  const counts = await rotateEncryptionKey(tenancy())
  expect(counts).toEqual(
    [
      'servers.migrator_secret',
      'servers.worker_secret',
      'placements.secret',
      'moves.source',
      'moves.target',
      'diary.entry',
    ].map((column) => ({ column, secrets: 1, rotated: 1 })),
  )
  delete tenancy().config.previousEncryptionKey
  forgetPlacement(tenancy())
  expect(await queryAs(owner, 'select 1 as one')).toEqual([{ one: 1 }])
  const [placement] = await platform().select().from(placements).where(eq(placements.tenantId, id))
  const [move] = await platform().select().from(moves).where(eq(moves.tenantId, id))
  const [known] = await platform().select().from(servers)
  const entries = await platform().select().from(diary)
  expect(move).toMatchObject({ source: { kind: 'schema', epoch: 1 }, target: { kind: 'database' } })
  for (const secret of [placement?.secret, move?.source.secret, move?.target.secret]) {
    expect(needsRotation(tenancy(), secret ?? '')).toBe(false)
    expect(decrypt(tenancy(), secret ?? '', `placement ${id}`)).not.toBe('')
  }
  for (const [login, secret] of [
    ['migrator', known?.migratorSecret],
    ['worker', known?.workerSecret],
  ])
    expect(decrypt(tenancy(), secret ?? '', `server ${server} ${login}`)).toBe('password')
  expect(decrypt(tenancy(), entries[0]?.entry ?? '', `diary ${page}`)).toBe('dear diary')
  expect((await rotateEncryptionKey(tenancy())).every(({ rotated }) => rotated === 0)).toBe(true)

  await requestAbort(tenancy(), { tenantId: id, slug, actor: 'test' })
  await unprovision(tenancy(), id, await placementOf(tenancy(), id))
})

test('a secret that is replaced during the rotation keeps its new value', async () => {
  const id = newId()
  const [old, fresh] = ['before', 'after'].map((word) => encrypt(tenancy(), word, `diary ${id}`))
  await platform().delete(diary)
  await platform()
    .insert(diary)
    .values({ id, entry: old ?? '' })
  changeKey()
  await withConnection(process.env.DATABASE_URL ?? '', async (other) => {
    await other.query('begin')
    await other.query('update platform.diary set entry = $1', [fresh])
    const rotating = rotateEncryptionKey(tenancy())
    for (let waiting = false; !waiting; await sleep(10)) {
      const { rows } = await platform().execute(
        sql`select from pg_locks where not granted and locktype = 'transactionid'`,
      )
      waiting = rows.length > 0
    }
    await other.query('commit')
    expect((await rotating).at(-1)).toEqual({ column: 'diary.entry', secrets: 1, rotated: 0 })
  })
  expect(await platform().select().from(diary)).toEqual([{ id, entry: fresh }])
})
