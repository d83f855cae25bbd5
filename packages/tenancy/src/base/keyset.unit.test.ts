import { PgDialect } from 'drizzle-orm/pg-core'
import { expect, it } from 'vitest'
import { beyond, parseCursor } from '#tenancy/base/keyset'
import { notes } from '#tenancy/testing/fixture/schema'

const id = '01a2060b-1936-7b76-be35-4d04e7a7fc17'
const cursor = (key: unknown) =>
  parseCursor(Buffer.from(JSON.stringify([key, id])).toString('base64url'), false)
const conditionOf = (by: 'createdAt' | 'number' | 'id', key: unknown) =>
  new PgDialect().sqlToQuery(
    beyond({ by: notes[by], id: notes.id, descending: true }, cursor(key))!,
  )

it('a cursor becomes a condition on both columns', () => {
  expect(conditionOf('createdAt', 1_700_000_000_000).params).toEqual([
    '2023-11-14T22:13:20.000Z',
    id,
  ])
  expect(conditionOf('number', 1001)).toMatchObject({
    sql: '("notes"."number", "notes"."id") < ($1, $2)',
    params: [1001, id],
  })
})

it.each([
  ['createdAt', 'yesterday'],
  ['createdAt', 8.64e15],
  ['createdAt', -62_200_000_000_000],
  ['number', 'one'],
  ['number', '1.5'],
  ['id', 'me'],
] as const)('a forged cursor (%s: %j) leads to no rows', (by, key) => {
  expect(conditionOf(by, key)).toMatchObject({ sql: 'false', params: [] })
})

it('any other text means the first page', () => {
  for (const key of [null, 1.5, {}, 'a\0b']) expect(cursor(key)).toBeNull()
  expect(parseCursor('not base64 of JSON', false)).toBeNull()
})
