import { describe, expect, it } from 'vitest'
import { checkActions } from './actions.mjs'
import { checkRawSql } from './raw-sql.mjs'

const head = `'use server'\nimport { tenantAction, userAction as forUser } from '#app/_actions/action'\n`
const actions = (text) =>
  checkActions({ path: 'app/x/actions.ts', text }).map(({ line, why }) => `${line}: ${why}`)
const sql = (text) => checkRawSql({ path: 'app/x/page.tsx', text })

describe('server actions', () => {
  it('may be made by a maker, under another name too, and types may stand beside them', () => {
    expect(
      actions(
        `${head}export const a = tenantAction(s, run)\nexport const b = forUser(s, run)\nexport type T = string\nexport interface I { a: 1 }`,
      ),
    ).toEqual([])
  })

  it.each([
    ['a function', 'export async function remove() {}', 'remove'],
    ['an arrow function', 'export const remove = async () => {}', 'remove'],
    ['a default export', 'export default async function () {}', 'default'],
    ['a later export', 'const remove = async () => {}\nexport { remove }', 'remove'],
    ['an export from elsewhere', `export { remove } from './elsewhere'`, 'remove'],
    ['everything of another file', `export * from './elsewhere'`, 'elsewhere'],
    ['a variable that may change', 'export let remove = tenantAction(s, run)', 'remove'],
    [
      'a maker of its own',
      'const operatorAction = (s, run) => run\nexport const remove = operatorAction(s, run)',
      'remove',
    ],
  ])('may not be %s', (_, text, name) => {
    expect(actions(head + text)).toEqual([expect.stringContaining(name)])
  })

  it('may not hide inside a component', () => {
    expect(
      actions(
        `export default function Page() {\n  async function remove() {\n    'use server'\n  }\n  return remove\n}`,
      ),
    ).toEqual([expect.stringMatching(/^3: /)])
  })
})

describe('SQL in app/', () => {
  it.each([
    'const q = sql`select 1`',
    'sql.raw(text)',
    'await pool.query(text)',
    'await tx?.query(text)',
    "client['query'](text)",
  ])('%s is found', (text) => {
    expect(sql(text)).toHaveLength(1)
  })

  it('the word alone is not', () => {
    expect(
      sql('const query = searchParams.query\n// sql`select`\nconst a = `sql ${query}`'),
    ).toEqual([])
  })
})
