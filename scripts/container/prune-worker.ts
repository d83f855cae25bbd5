// Reduces this checkout to what the worker and the commands load. The Dockerfile runs it in a copy,
// before `npm prune`; it deletes files.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import engine from '../../packages/tenancy/package.json' with { type: 'json' }
import { root } from '../root.mjs'

const entries = ['db/worker.ts', 'db/cli/main.ts']
// Commands that run SQL as an attacker would must not be in an image for production.
const isSandboxCommand = (specifier: string, importer?: string): boolean =>
  specifier.startsWith('#db/cli/sandbox') && importer === join(root, 'db/cli/commands.ts')
const packageOf = (specifier: string): string =>
  /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier
const isOwn = (specifier: string): boolean =>
  /^[./#]/.test(specifier) || packageOf(specifier) === engine.name

const bundle = await rolldown({
  cwd: root,
  input: entries,
  platform: 'node',
  treeshake: false,
  external: (specifier, importer) => !isOwn(specifier) || isSandboxCommand(specifier, importer),
  // as Node does: an import of nothing but types still loads its file
  plugins: [
    {
      name: 'strip-types',
      transform: (code, id) =>
        id.endsWith('.ts') ? { code: stripTypeScriptTypes(code), moduleType: 'js' } : undefined,
    },
  ],
})
const { output } = await bundle.generate({ format: 'esm' })
await bundle.close()
const chunks = output.filter((file) => file.type === 'chunk')
const loaded = new Set(chunks.flatMap(({ modules }) => Object.keys(modules)))
const packages = new Set(
  chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]).map(packageOf),
)

for (const folder of ['db', 'packages/tenancy/src'])
  for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    const path = join(root, folder, file)
    if (/\.tsx?$/.test(file) && !loaded.has(path)) rmSync(path)
  }

// `npm prune` removes what this file no longer names, with everything that only that needed.
const manifestFile = join(root, 'package.json')
const { dependencies, ...manifest } = JSON.parse(readFileSync(manifestFile, 'utf8'))
const needed = Object.entries(dependencies).filter(
  ([name]) => packages.has(name) || name === engine.name,
)
delete manifest.devDependencies
delete manifest.optionalDependencies
delete manifest.scripts
writeFileSync(
  manifestFile,
  `${JSON.stringify({ ...manifest, dependencies: Object.fromEntries(needed) }, undefined, 2)}\n`,
)
