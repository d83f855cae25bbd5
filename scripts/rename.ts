// npm run rename -- "My Product" my-product: replaces the name of this template in texts, commands,
// cookies and file names. The engine keeps its names. Deletes itself.
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './root.mjs'

const skipped = new Set([
  'packages',
  '.git',
  '.data',
  '.next',
  'node_modules',
  'test-results',
  'next-env.d.ts',
])
const ownFiles = ['scripts/rename.ts', 'scripts/rename.test.ts']

/**
 * @param name - the product name in texts
 * @param slug - the product name in commands, cookies and addresses
 * @throws Error with one sentence if a name cannot be used everywhere
 */
export function checkNames(name = '', slug = ''): void {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} .-]{0,39}$/u.test(name))
    throw new Error(
      `The name ${JSON.stringify(name)} has to consist of 1 to 40 letters, digits, spaces, dots or hyphens.`,
    )
  if (!/^(?!pg(-|$))[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(slug) || slug.length > 24) {
    throw new Error(
      `The slug ${JSON.stringify(slug)} has to consist of 1 to 24 lower-case letters, digits and single hyphens, start with a letter, and not be or start with pg, which PostgreSQL reserves.`,
    )
  }
}

/** Replaces the product name in `text`, but not in names of the engine. */
export const renamed = (text: string, name: string, slug: string): string =>
  text
    .replaceAll(/Rowhouse(?!\w)/g, () => name)
    .replaceAll(/(?<![@\w])rowhouse(?!\w)/g, () => slug)
    .replaceAll(/(?<=@)rowhouse(?=\.)/g, () => slug)

/** Renames everything below `folder` and returns how many files changed. */
function renameBelow(folder: string, name: string, slug: string): number {
  for (const file of ownFiles) rmSync(join(folder, file), { force: true })
  removeFrom(join(folder, 'package.json'), /^ *"rename": .*\n/m)
  removeFrom(join(folder, 'docs/how-to.md'), /^## Give it your name\n[\s\S]*?(?=^## )/m)
  let changed = 0
  for (const file of filesBelow(folder)) {
    const bytes = readFileSync(file)
    const text = bytes.toString('utf8')
    const isBinary = bytes.includes(0)
    const after = isBinary ? text : renamed(text, name, slug)
    const target = join(dirname(file), renamed(basename(file), name, slug))
    if (after === text && target === file) continue
    if (after !== text) writeFileSync(file, after)
    if (target !== file) renameSync(file, target)
    changed += 1
  }
  return changed
}

function removeFrom(file: string, pattern: RegExp): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(pattern, ''))
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !skipped.has(name) && !/^\.env(?!\.example$)/.test(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isFile()) return path
      if (!entry.isDirectory()) return []
      return readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((inner) => inner.isFile())
        .map((inner) => join(inner.parentPath, inner.name))
    })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name = '', slug = '', ...rest] = process.argv.slice(2)
  try {
    if (rest.length > 0)
      throw new Error(
        `Expected two values, got ${rest.length + 2}. Put a name with spaces in quotes.`,
      )
    checkNames(name, slug)
    console.log(
      `Renamed ${renameBelow(root, name, slug)} files to ${name} (${slug}). The pictures in docs/screenshots still show the old name.`,
    )
    console.log('Next: npm test.')
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : error}\nusage: npm run rename -- "My Product" my-product`,
    )
    process.exitCode = 2
  }
}
