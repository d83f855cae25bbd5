import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { engineFile } from '#tenancy/base/files'
import type { Failpoint } from '#tenancy/moves/failpoints'

/** How a worker process behaves at failpoints. */
export type WorkerOptions = {
  /** At a failpoint the worker kills itself, stops itself, or only prints the failpoint's name. */
  how?: 'kill' | 'stop' | 'say'
  failpoint?: Failpoint
  /** The program; the worker of the fixture app by default. */
  file?: string
}

const fixtureWorker = engineFile('src', 'testing', 'moves', 'worker-main.ts')

/** A worker in another process, as in production, that can kill or stop itself at a failpoint. */
export class WorkerProcess {
  readonly child: ChildProcess
  readonly #output: string[] = []
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
      stream?.setEncoding('utf8').on('data', (text: string) => this.#output.push(text))
  }

  get output(): string {
    return this.#output.join('')
  }

  /** Waits until the worker has killed or stopped itself. */
  async waitForFailpoint(failpoint: Failpoint, withinMs = 90_000): Promise<void> {
    const until = Date.now() + withinMs
    while (!this.output.includes(`failpoint: ${failpoint}\n`) && this.child.signalCode === null) {
      if (Date.now() > until || this.child.exitCode !== null)
        throw new Error(`the worker never reached ${JSON.stringify(failpoint)}:\n${this.output}`)
      await sleep(20)
    }
    // it prints the failpoint before it stops: a SIGCONT that came first would be lost
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
