import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkNames, renamed } from './rename.ts'
import { root } from './root.mjs'

const folder = mkdtempSync(join(tmpdir(), 'renamed-'))
const skipped = ['.git', '.data', '.next', 'node_modules', 'test-results']
const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(folder, script), ...args], { cwd: folder, encoding: 'utf8' })

beforeAll(() => {
  cpSync(root, folder, {
    recursive: true,
    filter: (file) =>
      !skipped.includes(basename(file)) && !/^\.env(?!\.example$)/.test(basename(file)),
  })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it.each([
  ['class RowhouseError', 'class RowhouseError'],
  ['held.rowhouseTenancy', 'held.rowhouseTenancy'],
  ['set role rowhouse_owner', 'set role rowhouse_owner'],
  ['ROWHOUSE_FAILPOINT', 'ROWHOUSE_FAILPOINT'],
  [`from '@rowhouse/tenancy'`, `from '@rowhouse/tenancy'`],
  ['npm run rowhouse -- doctor', 'npm run my-product -- doctor'],
  ['`__Host-rowhouse.session`', '`__Host-my-product.session`'],
  ['"rowhouse": "node"', '"my-product": "node"'],
  ['COPY --from=build /rowhouse/db db', 'COPY --from=build /my-product/db db'],
  ['olivia@rowhouse.example', 'olivia@my-product.example'],
  ['Orders · Rowhouse', 'Orders · My Product'],
])('%s becomes %s', (before, after) => {
  expect(renamed(before, 'My Product', 'my-product')).toBe(after)
})

it.each([
  ['', 'a'],
  ["Bob's", 'bobs'],
  ['<b>', 'b'],
  ['x'.repeat(41), 'x'],
  ['A', ''],
  ['A', 'A'],
  ['A', 'a_b'],
  ['A', '-a'],
  ['A', 'a--b'],
  ['A', '1a'],
  ['A', 'pg'],
  ['A', 'pg-x'],
  ['A', 'a'.repeat(25)],
])('the names %j and %j are rejected', (name, slug) => {
  expect(() => checkNames(name, slug)).toThrow(/has to consist/)
})

describe('a copy of this project', () => {
  it('does not change if the arguments are wrong', () => {
    const { status, stderr } = run('scripts/rename.ts', 'My', 'Product', 'my-product')
    expect(status).toBe(2)
    expect(stderr).toContain('in quotes')
    expect(existsSync(join(folder, 'scripts/rowhouse.ts'))).toBe(true)
  })

  it('has the new name everywhere, passes the type check, and its command runs', () => {
    expect(run('scripts/rename.ts', 'My Product', 'my-product')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Renamed \d+ files to My Product/),
    })
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && !/node_modules|packages/.test(entry.parentPath),
    )
    expect(files.filter(({ name }) => /rowhouse/i.test(name)).map(({ name }) => name)).toEqual([])
    const engine = /@rowhouse\/tenancy|Rowhouse\w+|rowhouse\w+|\w+_rowhouse|ROWHOUSE\w+/g
    expect(
      files
        .map(({ parentPath, name }) => join(parentPath, name))
        .filter((file) => /rowhouse/i.test(readFileSync(file, 'latin1').replaceAll(engine, ''))),
    ).toEqual([])
    expect(readFileSync(join(folder, 'docs/how-to.md'), 'utf8')).not.toContain('run rename')
    expect(run('scripts/typecheck.ts')).toMatchObject({ status: 0, stderr: '' })
    expect(run('scripts/my-product.ts', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('usage: npm run my-product -- <command>'),
    })
  }, 120_000)
})
