import { afterAll, beforeAll, expect, test } from 'vitest'
import { endedMoveStates, moveStateNames } from '#tenancy/base/move-states'
import { closePools } from '#tenancy/registry/pools'
import { platform, tenancy } from '#tenancy/testing/fixture/tenancy'

// SQL cannot import the table of states, so these tests compare its copies.

let sql: { constraint: string; index: string; functions: string }
beforeAll(async () => {
  const { rows } = await platform().execute<typeof sql>(`
    select
      (select pg_get_constraintdef(oid) from pg_constraint where conname = 'moves_state') as constraint,
      (select pg_get_expr(indpred, indrelid) from pg_index where indexrelid = 'tenancy.moves_live'::regclass) as index,
      (select string_agg(prosrc, E'\\n') from pg_proc where pronamespace = 'tenancy'::regnamespace and prosrc like '%tenancy.moves%') as functions`)
  const [row] = rows
  if (!row) throw new Error('the catalogue returned no row')
  sql = row
})
afterAll(() => closePools(tenancy()))

const literals = (text: string) => [...text.matchAll(/'([a-z_]+)'/g)].map(([, name]) => name)
const missingFrom = (
  found: readonly (string | undefined)[],
  all: readonly (string | undefined)[],
) => all.filter((name) => !found.includes(name))

test('the check constraint of tenancy.moves accepts exactly the states of the table', () => {
  const found = literals(sql.constraint)
  expect({
    missingInSql: missingFrom(found, moveStateNames),
    unknown: missingFrom(moveStateNames, found),
  }).toEqual({ missingInSql: [], unknown: [] })
})

test('the unique index of live moves leaves out exactly the ended states', () => {
  const found = literals(sql.index)
  expect({
    missingInSql: missingFrom(found, endedMoveStates),
    unknown: missingFrom(endedMoveStates, found),
  }).toEqual({ missingInSql: [], unknown: [] })
})

test('SQL functions use only states of the table', () => {
  // `m` is the row of tenancy.moves in these functions
  const compared = sql.functions.matchAll(
    /\bm\.state\s*(?:=|<>|in|not in|is distinct from)\s*(\([^)]*\)|'[a-z_]+')/g,
  )
  const assigned = sql.functions.matchAll(/update tenancy\.moves\s+set state = ('[a-z_]+')/g)
  const found = [...compared, ...assigned].flatMap(([, states = '']) => literals(states))
  expect(found).toContain('verified')
  expect(found).toContain('rolled_back')
  expect(missingFrom(moveStateNames, found)).toEqual([])
})
