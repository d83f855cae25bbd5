import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const debianFolder = '/usr/lib/postgresql'
const programs = ['initdb', 'pg_ctl', 'pg_dump', 'pg_dumpall', 'pg_restore', 'psql']

/**
 * Finds the folder with a server and its client programs, and installs Debian's package if possible.
 * The embedded PostgreSQL has no `pg_dump`.
 *
 * @throws Error that says why they are missing.
 */
export function postgresTools(): string {
  const known = findTools()
  if (known) return known
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0)
    throw new Error(
      `there is no folder with ${programs.join(', ')}; install PostgreSQL (only root with apt-get could do it here), or set ROWHOUSE_POSTGRES_BIN to such a folder`,
    )
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql'], { env })
  if (install().status !== 0) {
    spawnSync('apt-get', ['update'], { env })
    install()
  }
  const installed = findTools()
  if (!installed) throw new Error('apt-get could not install PostgreSQL; install it by hand')
  return installed
}

function findTools(): string | undefined {
  const debian = existsSync(debianFolder)
    ? readdirSync(debianFolder).map((version) => join(debianFolder, version, 'bin'))
    : []
  return [process.env.ROWHOUSE_POSTGRES_BIN ?? [], debian.sort().reverse()]
    .flat()
    .find((folder) => programs.every((program) => existsSync(join(folder, program))))
}
