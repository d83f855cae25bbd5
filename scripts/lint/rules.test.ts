import { describe, expect, it } from 'vitest'
import { checkActions } from './actions.ts'
import { checkParamNames } from './jsdoc.ts'
import { checkRawSql } from './raw-sql.ts'

const head = `'use server'\nimport { tenantAction, userAction as forUser } from '#app/_actions/action'\n`
const actions = (text: string) =>
  checkActions({ path: 'app/x/actions.ts', text }).map(({ line, message }) => `${line}: ${message}`)
const sql = (text: string) => checkRawSql({ path: 'app/x/page.tsx', text })

describe('server actions', () => {
  it('may be the results of makers, also imported under another name, and types beside them are allowed', () => {
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
    ['an export of a local name', 'const remove = async () => {}\nexport { remove }', 'remove'],
    ['a re-export', `export { remove } from './other'`, 'remove'],
    ['a re-export of everything', `export * from './other'`, 'other'],
    ['a variable that can be reassigned', 'export let remove = tenantAction(s, run)', 'remove'],
    [
      'the result of a local maker',
      'const operatorAction = (s, run) => run\nexport const remove = operatorAction(s, run)',
      'remove',
    ],
  ])('may not be %s', (_, text, name) => {
    expect(actions(head + text)).toEqual([expect.stringContaining(name)])
  })

  it('may not be inside a component', () => {
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
  ])('%s is an error', (text) => {
    expect(sql(text)).toHaveLength(1)
  })

  it('the words alone are not', () => {
    expect(
      sql('const query = searchParams.query\n// sql`select`\nconst a = `sql ${query}`'),
    ).toEqual([])
  })
})

describe('@param', () => {
  const lint = (text: string) => checkParamNames({ path: 'db/x.ts', text })
  const tag = '/** @param size - in bytes */\n'

  it.each([
    'export function read(size: number) {}',
    'export const read = (size = 1) => size',
    'export type Read = (size: number) => void',
    'export function read({ size }: { size: number }) {}',
    'export function read(...size: number[]) {}',
    'const size = 1',
  ])('may name a parameter: %s', (code) => {
    expect(lint(tag + code)).toEqual([])
  })

  it.each([
    'export async function read(bytes: number) {}',
    'export const read = (bytes: number) => bytes',
    'interface Reader { read(bytes: number): void }'.replace('{ read', `{\n${tag}read`),
    'class Reader { read(bytes: number) {} }'.replace('{ read', `{\n${tag}read`),
    'export default function () {}',
  ])('may not name anything else: %s', (code) => {
    expect(lint(code.includes(tag) ? code : tag + code)).toEqual([
      expect.objectContaining({ message: expect.stringContaining('@param size') }),
    ])
  })
})
