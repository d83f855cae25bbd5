import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { root } from '../root.mjs'

// Tests the import rules of oxlint.config.ts with files that break them.

const restricted = ['eslint(no-restricted-imports)']
const cycle = ['import(no-cycle)']

type Case = { title: string; path: string; text: string; rules: string[] }

/** Title, folder, import, and the rules that it breaks. */
const imports: [string, string, string, string[]][] = [
  ['the engine imports db/', 'packages/tenancy/src/moves', '#db/env', restricted],
  [
    'the engine imports itself by name',
    'packages/tenancy/src/moves',
    '@rowhouse/tenancy',
    restricted,
  ],
  ['the engine imports React', 'packages/tenancy/src/moves', 'react', restricted],
  [
    'the engine leaves its folder',
    'packages/tenancy/src/registry',
    '../../../../db/env.ts',
    restricted,
  ],
  [
    'a lower layer of the engine imports a higher one',
    'packages/tenancy/src/registry',
    '#tenancy/moves/states',
    restricted,
  ],
  [
    'a higher layer of the engine imports a lower one',
    'packages/tenancy/src/moves',
    '#tenancy/registry/pools',
    [],
  ],
  ['db/ imports app/', 'db/accounts', '#app/_session/session', restricted],
  ['db/ imports Next', 'db/accounts', 'next/headers', restricted],
  ['a module imports the product', 'db/accounts', '#db/product/orders', restricted],
  ['a module imports an optional module', 'db/accounts', '#db/operators/support', restricted],
  [
    'db/ imports the engine past its exports',
    'db/accounts',
    '../../packages/tenancy/src/setup.ts',
    restricted,
  ],
  ['db/ imports the engine', 'db/accounts', '@rowhouse/tenancy', []],
  ['a page of another module imports the product', 'app/account', '#db/product/orders', restricted],
  ['a page of the product imports it', 'app/(tenant)/orders', '#db/product/orders', []],
  ['the seed imports the product', 'db/seed', '#db/product/orders', []],
  ['a component imports pg', 'components/ui', 'pg', restricted],
]
const cases: Case[] = imports.flatMap(([title, folder, from, rules], i) => [
  {
    title,
    path: `${folder}/case${i}.ts`,
    text: `import { x } from '${from}'\nexport const a = x\n`,
    rules,
  },
  {
    title: `${title}, a type only`,
    path: `${folder}/case${i}type.ts`,
    text: `import type { X } from '${from}'\nexport type A = X\n`,
    rules,
  },
])
cases.push(
  {
    title: 'a cycle of types',
    path: 'db/accounts/one.ts',
    text: `import type { B } from '#db/accounts/two'\nexport type A = B | null\n`,
    rules: cycle,
  },
  {
    title: 'the other half of it',
    path: 'db/accounts/two.ts',
    text: `import type { A } from '#db/accounts/one'\nexport type B = { a: A }\n`,
    rules: cycle,
  },
)

const found = new Map<string, Set<string>>()
beforeAll(() => {
  const copy = mkdtempSync(join(tmpdir(), 'rowhouse-boundaries-'))
  for (const file of ['oxlint.config.ts', 'package.json', 'packages/tenancy/package.json'])
    cpSync(join(root, file), join(copy, file), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const { path, text } of cases) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    writeFileSync(join(copy, path), text)
  }
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const paths = cases.map(({ path }) => path)
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format=json', ...paths], {
    cwd: copy,
    encoding: 'utf8',
  })
  const { diagnostics }: { diagnostics: { code: string; filename: string }[] } = JSON.parse(stdout)
  for (const { code, filename } of diagnostics)
    if ([...restricted, ...cycle].includes(code))
      found.set(filename, new Set([...(found.get(filename) ?? []), code]))
  rmSync(copy, { recursive: true })
}, 60_000)

it.each(cases)('$title', ({ path, rules }) => {
  expect([...(found.get(path) ?? [])]).toEqual(rules)
})
