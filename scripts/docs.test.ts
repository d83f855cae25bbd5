import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './root.mjs'

// Links, paths, npm scripts and commands that the docs name must exist.

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'db/README.md',
  'packages/tenancy/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
]
const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts)
const commands = [
  ...readFileSync(join(root, 'db/cli/commands.ts'), 'utf8').matchAll(/words: \[([^\]]+)\]/g),
].map(([, words = '']) => words.replaceAll(/['\s]/g, '').split(',').join(' '))
// files that a how-to tells its reader to create
const createdByReader = new Set([
  'db/testing/rows/0001_invoices.sql',
  'db/product/invoices.ts',
  'app/(tenant)/invoices/page.tsx',
])

const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found)

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8')

  test('every link points to a file', () => {
    const links = all(text, /\]\(([^)\s]+)\)/g)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => link.replace(/#.*/, ''))
    expect(links.filter((link) => link && !existsSync(join(root, dirname(page), link)))).toEqual([])
  })

  test('every path exists', () => {
    const paths = all(
      text,
      /`((?:app|components|db|drizzle|e2e|packages|scripts|docs)\/[^`\s*…<]*)`/g,
    )
    expect(
      paths.filter((path) => !createdByReader.has(path) && !existsSync(join(root, path))),
    ).toEqual([])
  })

  test('every npm script and command exists', () => {
    const named = all(text, /npm run (?:-s )?([a-z0-9:-]+)/g)
    expect(named.filter((name) => !scripts.includes(name))).toEqual([])
    const called = all(text, /rowhouse -- ([a-z][a-z-]*(?: [a-z-]+)?)/g)
    expect(
      called.filter(
        (words) => !commands.includes(words) && !commands.includes(words.replace(/ .*/, '')),
      ),
    ).toEqual([])
  })
})
