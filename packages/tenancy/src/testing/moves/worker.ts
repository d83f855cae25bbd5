import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readMove, type Move } from '#db/move/ledger'
import type { Moment } from '#db/move/moments'
import { forgetPlacement } from '#db/registry'
import type { MoveState } from '#db/schema/platform'

/**
 * A worker in a process of its own, as it runs in production, which may be told to die or to freeze
 * at a moment.
 */
export class WorkerProcess {
  readonly child: ChildProcess
  readonly said: string[] = []
  readonly #freezes: boolean
  constructor(at?: { how: 'kill' | 'stop' | 'say'; moment?: Moment }) {
    // a fault run starts hundreds of these
    const env = {
      ...process.env,
      NODE_COMPILE_CACHE: join(tmpdir(), 'rowhouse-compile-cache'),
      ROWHOUSE_MOMENT: at ? `${at.how}:${at.moment ?? ''}` : '',
    }
    this.#freezes = at?.how === 'stop'
    this.child = spawn(process.execPath, ['db/worker.ts'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.said.push(text))
  }

  get output(): string {
    return this.said.join('')
  }

  /** Until it has died by itself, or was frozen by itself. */
  async struck(moment: Moment, withinMs = 90_000): Promise<void> {
    const until = Date.now() + withinMs
    while (!this.output.includes(`moment: ${moment}\n`) && this.child.signalCode === null) {
      if (Date.now() > until || this.child.exitCode !== null)
        throw new Error(`the worker never came to ${JSON.stringify(moment)}:\n${this.output}`)
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

/**
 * Until a move is in one of these states. Throws with what its worker said when it takes too long.
 */
export async function reached(
  move: Move,
  states: MoveState[],
  worker?: WorkerProcess,
  withinMs = 120_000,
): Promise<Move> {
  const until = Date.now() + withinMs
  for (;;) {
    const now = await readMove(move.id)
    if (states.includes(now.state)) {
      forgetPlacement()
      return now
    }
    if (Date.now() > until)
      throw new Error(
        `the move is ${now.state} (${now.note}, ${now.error}) and not ${states.join(' or ')}:\n${worker?.output ?? ''}`,
      )
    await sleep(30)
  }
}
