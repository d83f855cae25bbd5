import { glob, readFile } from 'node:fs/promises'
import { afterAll, expect, test } from 'vitest'
import { withConnection } from '#tenancy/base/connect'
import { engineFile } from '#tenancy/base/files'
import { newId } from '#tenancy/base/ids'
import { lockKey, lockNumbers } from '#tenancy/base/lock-keys'
import { closePools } from '#tenancy/registry/pools'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

afterAll(() => closePools(tenancy()))

const onDatabase = <T extends object>(query: string) =>
  withConnection(process.env.DATABASE_URL ?? '', async (admin) => {
    const result: unknown = await admin.query<T>(query)
    return (Array.isArray(result) ? result.at(-1) : result) as { rows: T[] }
  })

test('no two kinds of lock share a number', () => {
  const numbers = Object.values(lockNumbers)
  expect(new Set(numbers).size).toBe(numbers.length)
})

test('SQL and TypeScript compute the same lock keys', async () => {
  const id = newId()
  const { rows } = await onDatabase(
    `select tenancy.lock_key('${id}') = ${lockKey('tenant', id)} as tenant,
            tenancy.target_key('shared') = ${lockKey('target', 'shared')} as target`,
  )
  expect(rows).toEqual([{ tenant: true, target: true }])
})

test('no other file of the engine contains a lock number, except SQL files', async () => {
  const found: Record<string, string[]> = {}
  for await (const file of glob('{src,sql}/**/*.{ts,sql}', { cwd: engineFile() }))
    for (const [number] of (await readFile(engineFile(file), 'utf8')).matchAll(/\b72361\d\d\b/g))
      (found[number] ??= []).push(file)
  const inSql = Object.fromEntries(
    Object.entries(found).map(([number, files]) => [
      number,
      files.filter((file) => file !== 'src/base/lock-keys.ts').sort(),
    ]),
  )
  expect(inSql).toEqual({
    [lockNumbers.setup]: [],
    // the administrator's functions call none of the owner's
    [lockNumbers.tenant]: ['sql/admin/logins.sql', 'sql/functions/context.sql'],
    [lockNumbers.target]: ['sql/functions/context.sql'],
    [lockNumbers.moveWorker]: [],
    [lockNumbers.moveTarget]: [],
  })
})
