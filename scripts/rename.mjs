// npm run rename -- "My Product" my-product: the name of this template becomes yours, in texts,
// commands, cookies and file names. The engine's names stay as they are. Deletes itself at the end.
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './root.mjs'

const notOurs = new Set([
  'packages',
  '.git',
  '.data',
  '.next',
  'node_modules',
  'test-results',
  'next-env.d.ts',
])
const ownFiles = ['scripts/rename.mjs', 'scripts/rename.test.mjs']

/**
 * A name as people read it, and its slug as machines do. Throws a sentence when one of them would
 * not do everywhere.
 */
export function checkNames(name, slug) {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} .-]{0,39}$/u.test(name ?? ''))
    throw new Error(
      `The name ${JSON.stringify(name ?? '')} has to be 1 to 40 letters, digits, spaces, dots or hyphens.`,
    )
  if (!/^(?!pg(-|$))[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(slug ?? '') || slug.length > 24) {
    throw new Error(
      `The slug ${JSON.stringify(slug ?? '')} has to be 1 to 24 lower-case letters, digits and single hyphens, with a letter first, and can not begin with pg, which PostgreSQL keeps for itself.`,
    )
  }
}

/**
 * `text` with the name of the product: in prose, and as the slug in commands, cookies and addresses.
 * The engine's names stay: its package, its roles and SQL, its classes and variables.
 */
export const renamed = (text, name, slug) =>
  text
    .replaceAll(/Rowhouse(?!\w)/g, () => name)
    .replaceAll(/(?<![@\w])(pre)?rowhouse(?!\w)/g, (_, pre = '') => pre + slug)
    .replaceAll(/(?<=@)rowhouse(?=\.)/g, () => slug)

/** Renames everything below `folder`. Returns how many files changed. */
export function renameBelow(folder, name, slug) {
  for (const file of ownFiles) rmSync(join(folder, file), { force: true })
  const manifest = join(folder, 'package.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/^ *"rename": .*\n/m, ''))
  const howTo = join(folder, 'docs', 'how-to.md')
  writeFileSync(
    howTo,
    readFileSync(howTo, 'utf8').replace(/^## Give it your name\n[\s\S]*?(?=^## )/m, ''),
  )
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !notOurs.has(entry.name) && !/^\.env(?!\.example$)/.test(entry.name))
    .flatMap((entry) =>
      entry.isFile()
        ? [join(folder, entry.name)]
        : entry.isDirectory()
          ? readdirSync(join(folder, entry.name), { recursive: true, withFileTypes: true })
              .filter((inner) => inner.isFile())
              .map((inner) => join(inner.parentPath ?? inner.path, inner.name))
          : [],
    ) // Node 20.9 says path
  let changed = 0
  for (const file of files) {
    const bytes = readFileSync(file)
    const text = bytes.toString('utf8')
    const after = bytes.includes(0) ? text : renamed(text, name, slug)
    const target = join(dirname(file), renamed(basename(file), name, slug))
    if (after === text && target === file) continue
    if (after !== text) writeFileSync(file, after)
    if (target !== file) renameSync(file, target)
    changed += 1
  }
  return changed
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, slug, ...rest] = process.argv.slice(2)
  try {
    if (rest.length > 0)
      throw new Error(
        `Two values are wanted, ${rest.length + 2} came. A name with spaces needs quotes.`,
      )
    checkNames(name, slug)
    console.log(
      `${renameBelow(root, name, slug)} files now say ${name} (${slug}). The pictures in docs/screenshots still show the old name.`,
    )
    console.log('Next: npm test.')
  } catch (error) {
    console.error(`${error.message}\nusage: npm run rename -- "My Product" my-product`)
    process.exitCode = 2
  }
}
