import { spawnSync } from 'node:child_process'

/** The path of a program, or why it is missing. */
export type Program = { path: string } | { missing: string }

/**
 * Finds a program that Debian packages under the same name, and installs it with apt-get if possible.
 * @param name - The program.
 * @param versionFlag - An argument with which it succeeds and does nothing.
 * @returns Its path, or why it is missing.
 */
export function findProgram(name: string, versionFlag = '--version'): Program {
  const find = () =>
    [name, `/usr/sbin/${name}`].find((path) => spawnSync(path, [versionFlag]).status === 0)
  const known = find()
  if (known) return { path: known }
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0)
    return { missing: `${name} is not installed, and only root with apt-get could install it` }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', name], { env })
  if (install().status !== 0) {
    spawnSync('apt-get', ['update'], { env })
    install()
  }
  const path = find()
  return path ? { path } : { missing: `apt-get could not install ${name}` }
}
