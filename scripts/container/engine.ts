import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { failureOf, installWithApt } from '../programs.ts'

const execute = promisify(execFile)

/** Docker or Podman. */
export type ContainerEngine = {
  name: string
  /**
   * Runs a command of the engine.
   * @returns what it printed
   */
  run: (command: string, args: string[]) => Promise<string>
}

/**
 * Finds Docker or Podman, and installs Podman on Debian.
 * @throws Error that says what is missing
 */
export function findEngine(): ContainerEngine {
  if (process.platform !== 'linux')
    throw new Error('the containers are tested on Linux only: they use the network of the host')
  if (failureOfInfo('docker') === undefined) return engine('docker', () => [])
  const failed = failureOfInfo('podman') && installWithApt('podman', 'runc', 'netavark')
  const reason = failed ?? failureOfInfo('podman')
  if (reason !== undefined) throw new Error(`found neither a running Docker nor Podman: ${reason}`)
  return engine('podman', podmanFlags)
}

const failureOfInfo = (program: string): string | undefined =>
  failureOf(program, ['info'], { timeout: 30_000 })

const engine = (name: string, flags: (command: string) => string[]): ContainerEngine => ({
  name,
  async run(command, args) {
    try {
      const { stdout, stderr } = await execute(name, [...flags(command), ...args], {
        maxBuffer: 50_000_000,
      })
      // `logs` prints what the container has written to standard error there
      return command === 'logs' ? stdout + stderr : stdout
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string }
      throw new Error(`${name} ${command} failed:\n${`${stdout}${stderr}`.slice(-3000)}`, {
        cause: error,
      })
    }
  },
})

// A machine that is itself restricted can neither raise limits nor give a build step namespaces.
function podmanFlags(command: string): string[] {
  const runtime = failureOf('runc', ['--version'], { timeout: 10_000 }) ? [] : ['--runtime', 'runc']
  if (command === 'build')
    return [command, '--format', 'docker', '--isolation', 'chroot', '--ulimit', 'nofile=4096:4096']
  if (command === 'run')
    return [...runtime, command, '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096']
  return [...runtime, command]
}
