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
  batch: string
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
export class RunSummary {
  readonly failed: Failure[] = []
  /** every target that is finished with, well or not */
  readonly finished = new Set<string>()
  readonly #done: string[] = []
  readonly #started = performance.now()
  readonly #maxFailures: number
  readonly #onProgress: (progress: Progress) => void
  #targets = 0
  #doneByOtherRuns = 0
  #batch = ''
  #stopMessage = ''

  constructor(maxFailures: number, onProgress: (progress: Progress) => void = () => {}) {
    this.#maxFailures = maxFailures
    this.#onProgress = onProgress
  }

  addTargets(targets: number): void {
    this.#targets += targets
  }

  startBatch(batch: string): void {
    this.#batch = batch
    this.#report(null)
  }

  recordDone(target: string): void {
    this.finished.add(target)
    this.#done.push(target)
    this.#report(null)
  }

  /** Another run was quicker with this one. */
  recordDoneByOtherRun(target: string): void {
    this.finished.add(target)
    this.#doneByOtherRuns++
    this.#report(null)
  }

  reportWaiting(target: string, error: unknown): void {
    this.#report(`${target}: ${messageOf(error)}`)
  }

  recordFailure(
    { name, tenantId }: { name: string; tenantId: string | null },
    error: unknown,
  ): void {
    this.finished.add(name)
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
      message: messageOf(error),
    })
    if (this.failed.length >= this.#maxFailures)
      this.stop(`${this.failed.length} targets failed, which is the limit`)
    this.#report(null)
  }

  stop(why: string): void {
    this.#stopMessage ||= why
  }

  get stopped(): boolean {
    return this.#stopMessage !== ''
  }

  result(left: number): FleetResult {
    const { failed } = this
    const state = this.stopped ? 'stopped' : failed.length > 0 ? 'failed' : 'done'
    return {
      state,
      targets: this.#targets,
      done: this.#done,
      byOthers: this.#doneByOtherRuns,
      failed,
      left,
      message: this.#stopMessage,
      tookMs: Math.round(performance.now() - this.#started),
    }
  }

  #report(waiting: string | null): void {
    this.#onProgress({
      batch: this.#batch,
      targets: this.#targets,
      done: this.#done.length + this.#doneByOtherRuns,
      failed: this.failed,
      waiting,
    })
  }
}

const messageOf = (error: unknown): string => {
  if (MigrationFailed.is(error)) return error.server
  if (RowhouseError.is(error)) return error.message
  return error instanceof Error ? error.message : String(error)
}
