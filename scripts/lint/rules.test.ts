import { describe, expect, it } from 'vitest'
import { checkActions } from './actions.ts'
import { checkInstanceof } from './instanceof.ts'
import { checkParamNames, checkPublicDocs } from './jsdoc.ts'
import { checkRawSql } from './raw-sql.ts'

const head = `'use server'\nimport { tenantAction, userAction as forUser } from '#app/_actions/action'\n`
const actions = (text: string) =>
  checkActions({ path: 'app/x/actions.ts', text }).map(({ line, message }) => `${line}: ${message}`)
const sql = (text: string) => checkRawSql({ path: 'app/x/page.tsx', text })

describe('server actions', () => {
  it('may be results of makers, even of renamed imports, and the file may export types', () => {
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

describe('instanceof', () => {
  const lint = (text: string) => checkInstanceof({ path: 'db/x.ts', text })

  it.each(['e instanceof Error', 'e instanceof FormData', 'e instanceof HTMLInputElement'])(
    'may test for a class of the platform: %s',
    (code) => {
      expect(lint(code)).toEqual([])
    },
  )

  it.each(['e instanceof TooBusy', 'e instanceof pg.DatabaseError', '!(e instanceof ZodError)'])(
    'may not test for any other class: %s',
    (code) => {
      expect(lint(code)).toHaveLength(1)
    },
  )
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

describe('public functions of a package', () => {
  const lint = (files: Record<string, string>) =>
    checkPublicDocs(
      new Map(Object.entries(files).map(([path, text]) => [path, { path, text }])),
      ['index.ts'],
      (specifier) => (specifier.startsWith('#') ? `${specifier.slice(1)}.ts` : undefined),
    ).map(({ path, line, message }) => `${path}:${line}: ${message}`)
  const documented =
    '/**\n * Reads.\n * @param size - In bytes.\n * @returns The text.\n */\nexport '

  it.each([
    `${documented}async function read(size: number) {}`,
    `${documented}const read = (size = 1) => size`,
    `${documented}const read = ({ size }: { size: number }) => size`,
    '/**\n * Reads.\n * @param options.size - In bytes.\n */\nexport function read({ size }: { size: number }): void {}',
    '/** Stops. */\nexport async function stop(): Promise<void> {}',
    '/**\n * Checks.\n * @param x - The value.\n */\nexport function check(x: unknown): asserts x {}',
    'const read = () => 1\nexport const size = read()\nexport class Reader { read() {} }',
    `import pg from 'pg'\nexport { Client } from 'pg'\nexport * from 'pg'`,
    'type Read = (size: number) => string\nexport { type Read }',
  ])('need no more docs than this: %s', (text) => {
    expect(lint({ 'index.ts': text })).toEqual([])
  })

  it.each([
    ['a docstring', 'export const read = (): void => {}', 'has no docstring'],
    ['a docstring of their own', '/** Text. */\nconst x = 1\nexport function f() {}', 'docstring'],
    ['a tag for each parameter', `${documented}function f(size: number, at: number) {}`, 'for at'],
    [
      'descriptions of their parameters',
      '/**\n * Reads.\n * @param size\n */\nexport function f(size: number): void {}',
      'for size',
    ],
    [
      'a tag for a destructured parameter',
      `${documented}function f(size: number, { at }: { at: number }) {}`,
      'a destructured parameter',
    ],
    ['the result', '/** Reads. */\nexport const read = () => 1', '@returns'],
    [
      'the result of a promise',
      '/** Reads. */\nexport async function f(): Promise<1> {}',
      '@returns',
    ],
    [
      'a description of the result',
      '/**\n * Reads.\n * @returns\n * @throws Error\n */\nexport function f(): number {}',
      '@returns',
    ],
  ])('need %s', (_, text, message) => {
    expect(lint({ 'index.ts': text })).toEqual([expect.stringContaining(message)])
  })

  it.each([
    ['re-exported', `export { read } from '#a'`],
    ['re-exported under another name', `export { read as load } from '#a'`],
    ['re-exported with everything else', `export * from '#a'`],
    ['re-exported in a namespace', `export * as readers from '#a'`],
    ['re-exported through two files', `export { read } from '#b'`],
    ['imported and exported', `import { read } from '#a'\nexport { read }`],
  ])('are found where they are declared when %s', (_, text) => {
    expect(
      lint({
        'index.ts': text,
        'a.ts': '\nfunction read(): void {}\nexport { read }',
        'b.ts': `export * from '#a'`,
      }),
    ).toEqual(['a.ts:2: read is public and has no docstring'])
  })

  it('are reported once, and functions that no entry point exports are not', () => {
    expect(
      lint({
        'index.ts': `export { read } from '#a'\nexport * as a from '#b'`,
        'a.ts': 'export function read(): void {}\nexport function internal(): void {}',
        'b.ts': `export { read } from '#a'`,
      }),
    ).toEqual(['a.ts:1: read is public and has no docstring'])
  })
})
