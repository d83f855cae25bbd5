import { randomBytes } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { env } from '#db/env'
import { inhabitant, through } from '#db/isolation/testing/world'
import { unprovision } from '#db/placements/provision'
import { closePools } from '#db/pools'
import { forgetPlacement, placementOf, platform } from '#db/registry'
import { resealAll } from '#db/reseal'
import { placements } from '#db/schema/platform'
import { needsRotation } from '#db/secrets'

afterAll(closePools)

test('after a change of key every kept secret opens with the new one alone, and no column that holds one is left out', async () => {
  const { id, owner } = await inhabitant('schema', 'a', 1)
  const settings = env()
  settings.ENCRYPTION_KEY_PREVIOUS = settings.ENCRYPTION_KEY
  settings.ENCRYPTION_KEY = randomBytes(32).toString('base64')
  const counts = await resealAll()
  expect(counts.find(({ place }) => place === 'placements')).toEqual({
    place: 'placements',
    kept: 1,
    resealed: 1,
  })
  delete settings.ENCRYPTION_KEY_PREVIOUS
  forgetPlacement()
  expect(await through(owner, 'select 1 as one')).toEqual([{ one: 1 }])
  const [row] = await platform()
    .select({ secret: placements.secret })
    .from(placements)
    .where(eq(placements.tenantId, id))
  expect(needsRotation(row?.secret ?? '')).toBe(false)
  expect((await resealAll()).every(({ resealed }) => resealed === 0)).toBe(true)

  const { rows } = await platform().execute<{ name: string }>(
    sql`select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'platform' and (column_name like '%secret%' or column_name like '%sealed%') and column_name not like '%hash%' order by 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual([
    'mail.sealed',
    'placements.secret',
    'second_factors.sealed_secret',
    'servers.migrator_secret',
    'servers.worker_secret',
  ])
  await unprovision(id, await placementOf(id))
})
