import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { engineFile } from '#tenancy/base/files'
import type { Failpoint } from '#tenancy/moves/failpoints'

export type WorkerOptions = {
  /** What it does at a failpoint: it dies there, freezes there, or says each one that it comes to. */
  how?: 'kill' | 'stop' | 'say'
  failpoint?: Failpoint
  /** What it runs; without it, the worker of the fixture app. */
  file?: string
}

const fixtureWorker = engineFile('src', 'testing', 'moves', 'worker-main.ts')

/**
 * A worker in a process of its own, as it runs in production, which may be told to die or to freeze
 * at a failpoint.
 */
export class WorkerProcess {
  readonly child: ChildProcess
  readonly said: string[] = []
  readonly #freezes: boolean
  constructor({ how, failpoint, file = fixtureWorker }: WorkerOptions = {}) {
    // a chaos run starts hundreds of these
    const env = {
      ...process.env,
      NODE_COMPILE_CACHE: join(tmpdir(), 'rowhouse-compile-cache'),
      ROWHOUSE_FAILPOINT: how ? `${how}:${failpoint ?? ''}` : '',
    }
    this.#freezes = how === 'stop'
    this.child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.said.push(text))
  }

  get output(): string {
    return this.said.join('')
  }

  /** Until it has died by itself, or was frozen by itself. */
  async waitForFailpoint(failpoint: Failpoint, withinMs = 90_000): Promise<void> {
    const until = Date.now() + withinMs
    while (!this.output.includes(`failpoint: ${failpoint}\n`) && this.child.signalCode === null) {
      if (Date.now() > until || this.child.exitCode !== null)
        throw new Error(`the worker never came to ${JSON.stringify(failpoint)}:\n${this.output}`)
      await sleep(20)
    }
    // it says so before it freezes: a signal to wake up that came first would be lost
    while (
      this.#freezes &&
      this.child.signalCode === null &&
      !execFileSync('ps', ['-o', 'state=', '-p', String(this.child.pid)], {
        encoding: 'utf8',
      }).startsWith('T')
    )
      await sleep(5)
  }

  wake = (): boolean => this.child.kill('SIGCONT')

  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGCONT')
    this.child.kill(signal)
    await gone
  }
}
