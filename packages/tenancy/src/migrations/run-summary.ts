import { RowhouseError } from '#tenancy/base/errors'
import { MigrationFailed } from '#tenancy/migrations/errors'

export type Failure = {
  target: string
  tenantId: string | null
  migration: string
  statement: string | null
  code: string | null
  message: string
}
export type Progress = {
  wave: string
  targets: number
  done: number
  failed: Failure[]
  waiting: string | null
}

/**
 * How a run ended. `byOthers`: targets that another run at the same time has done; `left`: those
 * that still lack something.
 */
export type FleetResult = {
  state: 'done' | 'failed' | 'stopped'
  targets: number
  done: string[]
  byOthers: number
  failed: Failure[]
  left: number
  message: string
  tookMs: number
}

/** Counts a run while it goes and says when it must stop. */
export class Tally {
  readonly failed: Failure[] = []
  /** every target that is finished with, well or not */
  readonly met = new Set<string>()
  readonly #done: string[] = []
  readonly #started = performance.now()
  readonly #maxFailures: number
  readonly #tell: (progress: Progress) => void
  #targets = 0
  #others = 0
  #wave = ''
  #why = ''

  constructor(maxFailures: number, tell: (progress: Progress) => void = () => {}) {
    this.#maxFailures = maxFailures
    this.#tell = tell
  }

  expect(targets: number): void {
    this.#targets += targets
  }

  begin(wave: string): void {
    this.#wave = wave
    this.#say(null)
  }

  done(target: string): void {
    this.met.add(target)
    this.#done.push(target)
    this.#say(null)
  }

  /** Another run was quicker with this one. */
  overtaken(target: string): void {
    this.met.add(target)
    this.#others++
    this.#say(null)
  }

  waiting(target: string, error: unknown): void {
    this.#say(`${target}: ${inWords(error)}`)
  }

  fail({ name, tenantId }: { name: string; tenantId: string | null }, error: unknown): void {
    this.met.add(name)
    const {
      migration = '',
      statement = null,
      sqlstate = null,
    } = MigrationFailed.is(error) ? error : {}
    this.failed.push({
      target: name,
      tenantId,
      migration,
      statement,
      code: sqlstate,
      message: inWords(error),
    })
    if (this.failed.length >= this.#maxFailures)
      this.stop(`${this.failed.length} targets failed, which is the limit`)
    this.#say(null)
  }

  stop(why: string): void {
    this.#why ||= why
  }

  get stopped(): boolean {
    return this.#why !== ''
  }

  result(left: number): FleetResult {
    const { failed } = this
    const state = this.stopped ? 'stopped' : failed.length > 0 ? 'failed' : 'done'
    return {
      state,
      targets: this.#targets,
      done: this.#done,
      byOthers: this.#others,
      failed,
      left,
      message: this.#why,
      tookMs: Math.round(performance.now() - this.#started),
    }
  }

  #say(waiting: string | null): void {
    this.#tell({
      wave: this.#wave,
      targets: this.#targets,
      done: this.#done.length + this.#others,
      failed: this.failed,
      waiting,
    })
  }
}

const inWords = (error: unknown): string => {
  if (MigrationFailed.is(error)) return error.server
  if (RowhouseError.is(error)) return error.message
  return error instanceof Error ? error.message : String(error)
}
