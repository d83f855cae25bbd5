import { randomBytes } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { decrypt, encrypt, needsRotation } from '#tenancy/base/encryption'
import { newId } from '#tenancy/base/ids'
import { moves, placements, servers } from '#tenancy/base/schema'
import { rotateEncryptionKey, type SecretPlace } from '#tenancy/data/rotate-encryption-key'
import { requestAbort } from '#tenancy/moves/move-actions'
import { requestMove } from '#tenancy/moves/requests'
import { unprovision } from '#tenancy/placements/provision'
import { forgetPlacement, placementOf } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'
import { inhabitant, through } from '#tenancy/testing/fixture/world'

afterAll(() => closePools(tenancy()))

/** As a restart with the next key does. */
function changeKey(): void {
  const { config } = tenancy()
  config.previousEncryptionKey = config.encryptionKey
  config.encryptionKey = randomBytes(32).toString('base64')
}

const diary: SecretPlace = {
  name: 'diary',
  read: sql`select id::text as id, entry as encrypted from platform.diary`,
  context: (id) => `diary ${id}`,
  write: (id, old, fresh) =>
    sql`update platform.diary set entry = ${fresh} where id = ${id} and entry = ${old}`,
}

test('after a change of key every kept secret opens with the new one alone, and no column that holds one is left out', async () => {
  const { id, slug, owner } = await inhabitant('schema', 'a', 1)
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
  await platform().execute(sql`insert into platform.diary values (${page}, ${entry})`)

  changeKey()
  const counts = await rotateEncryptionKey(tenancy(), [diary])
  expect(counts).toEqual(
    [
      'placements',
      'moves, source',
      'moves, target',
      'servers, migrator',
      'servers, worker',
      'diary',
    ].map((place) => ({ place, kept: 1, rotated: 1 })),
  )
  delete tenancy().config.previousEncryptionKey
  forgetPlacement(tenancy())
  expect(await through(owner, 'select 1 as one')).toEqual([{ one: 1 }])
  const [placement] = await platform().select().from(placements).where(eq(placements.tenantId, id))
  const [move] = await platform().select().from(moves).where(eq(moves.tenantId, id))
  const [known] = await platform().select().from(servers)
  const { rows: entries } = await platform().execute<{ entry: string }>(
    sql`select entry from platform.diary`,
  )
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
  expect(
    (await rotateEncryptionKey(tenancy(), [diary])).every(({ rotated }) => rotated === 0),
  ).toBe(true)

  const { rows } = await platform().execute<{ name: string }>(
    sql`select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'tenancy' and (column_name like '%secret%' or column_name like '%sealed%' or column_name like '%encrypted%') and column_name not like '%hash%' order by 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual([
    'placements.secret',
    'servers.migrator_secret',
    'servers.worker_secret',
  ])
  await requestAbort(tenancy(), { tenantId: id, slug, actor: 'test' })
  await unprovision(tenancy(), id, await placementOf(tenancy(), id))
})

test('a secret that has changed meanwhile is left as it is', async () => {
  const page = newId()
  const [old, fresh] = ['before', 'after'].map((text) => encrypt(tenancy(), text, `diary ${page}`))
  await platform().execute(sql`delete from platform.diary`)
  await platform().execute(sql`insert into platform.diary values (${page}, ${fresh})`)
  changeKey()
  const stale = { ...diary, read: sql`select ${page}::text as id, ${old}::text as encrypted` }
  expect((await rotateEncryptionKey(tenancy(), [stale])).at(-1)).toEqual({
    place: 'diary',
    kept: 1,
    rotated: 0,
  })
  expect((await platform().execute(sql`select entry from platform.diary`)).rows).toEqual([
    { entry: fresh },
  ])
})
