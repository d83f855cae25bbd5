import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const packagesTimeoutMs = 420_000

/** Returns one line that says why the program failed, or undefined if it succeeded. */
export function failureOf(
  program: string,
  args: string[],
  { timeout, env = process.env }: { timeout: number; env?: NodeJS.ProcessEnv },
): string | undefined {
  const done = spawnSync(program, args, {
    env,
    timeout,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (done.status === 0) return undefined
  if (done.error) return done.error.message
  const lines = `${done.stderr}\n${done.stdout}`.trim().split('\n')
  return lines.find((line) => /error|^E:/i.test(line)) || lines.at(-1) || `exit code ${done.status}`
}

/**
 * Installs packages on Debian and its relatives, if this process is root.
 * @returns One line that says why it did not, or undefined if it did.
 */
export function installWithApt(...packages: string[]): string | undefined {
  if (process.getuid?.() !== 0 || !isDebianLike())
    return 'only root can install packages, and only with apt-get'
  const names = packages.join(' ')
  console.error(`installing ${names} with apt-get …`)
  const options = {
    timeout: packagesTimeoutMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  // with outdated package lists the installation can still succeed
  const lists = failureOf('apt-get', ['update', '-q'], options)
  const failed = failureOf(
    'apt-get',
    ['install', '-yq', '--no-install-recommends', ...packages],
    options,
  )
  return failed && `apt-get could not install ${names}: ${lists ?? failed}`
}

function isDebianLike(): boolean {
  return (
    existsSync('/etc/os-release') &&
    /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  )
}
