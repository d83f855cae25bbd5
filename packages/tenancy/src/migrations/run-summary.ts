import { RowhouseError } from '#tenancy/base/errors'
import { MigrationFailed } from '#tenancy/migrations/errors'
import type { Target } from '#tenancy/migrations/targets'

export type Failure = {
  target: string
  tenantId: string | null
  migration: string
  statement: string | null
  code: string | null
  message: string
}
export type MigrationProgress = {
  batch: string
  targets: number
  done: number
  failed: Failure[]
  /** The target that waits for a lock or a connection, and why. */
  waiting: string | null
}

/** Why a run ended early: its signal, a failed canary, or too many failed targets. */
export type StopReason = 'signal' | 'canary' | 'failures'

/** How a run ended. */
export type FleetResult = {
  state: 'done' | 'failed' | 'stopped'
  stopReason: StopReason | null
  targets: number
  done: string[]
  /** The number of targets that a concurrent run has migrated. */
  byOthers: number
  failed: Failure[]
  /** The number of targets that still lack a migration. */
  left: number
  /** Why the run stopped, as text. */
  message: string
  tookMs: number
}

/** Counts the results of a run and decides when it must stop. */
export class RunSummary {
  readonly failed: Failure[] = []
  /** Every target that was migrated or has failed. */
  readonly finished = new Set<string>()
  readonly #done: string[] = []
  readonly #started = performance.now()
  readonly #maxFailures: number
  readonly #onProgress: (progress: MigrationProgress) => void
  #targets = 0
  #doneByOtherRuns = 0
  #batch = ''
  #stopReason: StopReason | null = null

  constructor(maxFailures: number, onProgress: (progress: MigrationProgress) => void = () => {}) {
    this.#maxFailures = maxFailures
    this.#onProgress = onProgress
  }

  addTargets(count: number): void {
    this.#targets += count
  }

  startBatch(name: string): void {
    this.#batch = name
    this.#report(null)
  }

  recordDone(target: string): void {
    this.finished.add(target)
    this.#done.push(target)
    this.#report(null)
  }

  /** Records a target that a concurrent run has migrated. */
  recordDoneByOtherRun(target: string): void {
    this.finished.add(target)
    this.#doneByOtherRuns++
    this.#report(null)
  }

  reportWaiting(target: string, error: unknown): void {
    this.#report(`${target}: ${messageOf(error)}`)
  }

  recordFailure({ name, tenantId }: Pick<Target, 'name' | 'tenantId'>, error: unknown): void {
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
    if (this.failed.length >= this.#maxFailures) this.stop('failures')
    this.#report(null)
  }

  /** Stops the run. The first reason counts. */
  stop(reason: StopReason): void {
    this.#stopReason ??= reason
  }

  get stopped(): boolean {
    return this.#stopReason !== null
  }

  /** @param left - How many targets still lack a migration. */
  result(left: number): FleetResult {
    return {
      state: this.#state(),
      stopReason: this.#stopReason,
      targets: this.#targets,
      done: this.#done,
      byOthers: this.#doneByOtherRuns,
      failed: this.failed,
      left,
      message: this.#stopMessage(),
      tookMs: Math.round(performance.now() - this.#started),
    }
  }

  #state(): FleetResult['state'] {
    if (this.stopped) return 'stopped'
    return this.failed.length > 0 ? 'failed' : 'done'
  }

  #stopMessage(): string {
    switch (this.#stopReason) {
      case null:
        return ''
      case 'signal':
        return 'the run was interrupted'
      case 'canary':
        return 'a canary failed; no other target was changed'
      case 'failures':
        return `${this.failed.length} targets failed, which is the limit`
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
