import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from '#tenancy/base/backoff'
import type { Tenancy } from '#tenancy/base/tenancy'
import { codeOf } from '#tenancy/base/transient-errors'
import { MainDatabase } from '#tenancy/tasks/main-database'
import { storeStatuses } from '#tenancy/tasks/statuses'
import type { PeriodicTask, QueueTask, Task, TaskRun, TaskStatus } from '#tenancy/tasks/task'

const storeEveryMs = 5000

type Options = {
  /** Ends the runner: it starts no more runs, and passes the signal to the current ones. */
  stopping: AbortSignal
  /** How long current runs may take to stop. The next worker continues those that do not. */
  graceMs?: number
  /** Called after each run. */
  onRun?: (run: TaskRun) => void
  /**
   * Called with the name of a queue task whenever it has looked for work, also if that failed: every few
   * seconds in a healthy worker. A periodic task may run for long.
   */
  onPoll?: (task: string) => void
}

/** What all tasks of a worker share. */
type Shared = Required<Pick<Options, 'onRun' | 'onPoll'>> & { main: MainDatabase }

/**
 * Runs tasks, each on its own schedule, until `stopping` is aborted. A task whose run fails is
 * logged and retried with exponential backoff; the others are not affected. While the main database
 * cannot be reached, one line is logged for all tasks.
 * @param tenancy - The instance.
 * @param tasks - The tasks.
 * @param options - `stopping` ends the runner.
 * @throws TypeError when two tasks have the same name.
 */
export async function runTasks(
  tenancy: Tenancy,
  tasks: readonly Task[],
  options: Options,
): Promise<void> {
  const { stopping, graceMs = 8000, onRun = () => {}, onPoll = () => {} } = options
  const shared = { onRun, onPoll, main: new MainDatabase(tenancy) }
  const statuses = tasks.map(newStatus)
  const store = newStatus({ name: 'task status', everyMs: storeEveryMs })
  if (new Set([...statuses, store].map(({ name }) => name)).size <= tasks.length)
    throw new TypeError(
      `two tasks have the same name: ${tasks.map(({ name }) => name).join(', ')}; rename one`,
    )
  const loops = tasks.map((task, i) =>
    new TaskLoop(tenancy, task, statuses[i] ?? newStatus(task), shared).run(stopping),
  )
  const storing: PeriodicTask = { ...store, run: () => storeStatuses(tenancy, statuses) }
  loops.push(new TaskLoop(tenancy, storing, store, shared).run(stopping))
  await new Promise<void>((resolve) => {
    if (stopping.aborted) resolve()
    else stopping.addEventListener('abort', () => resolve(), { once: true })
  })
  const cutOff = new AbortController()
  await Promise.race([
    Promise.all(loops),
    sleep(graceMs, undefined, { signal: cutOff.signal }).then(
      () =>
        tenancy.config.logger.warn(
          { graceMs },
          'tasks did not stop in time; the next worker continues them',
        ),
      () => {},
    ),
  ])
  cutOff.abort()
}

const newStatus = ({ name, everyMs }: Pick<Task, 'name' | 'everyMs'>): TaskStatus => ({
  name,
  everyMs,
  endedAt: null,
  tookMs: null,
  failedAt: null,
  failures: 0,
  error: null,
  nextRunAt: Date.now(),
})

/** One task of one worker. */
class TaskLoop {
  readonly #items = new Map<string, Promise<void>>()
  readonly tenancy: Tenancy
  readonly task: Task
  readonly status: TaskStatus
  readonly shared: Shared
  /** Whether a failure was logged since the last success. */
  #failureLogged = false
  constructor(tenancy: Tenancy, task: Task, status: TaskStatus, shared: Shared) {
    this.tenancy = tenancy
    this.task = task
    this.status = status
    this.shared = shared
  }

  /** Resolves when `stopping` is aborted and the current runs have ended. */
  async run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      await this.#runOnce(stopping)
      const pauseMs = this.#pauseMs()
      this.status.nextRunAt = Date.now() + pauseMs
      await sleep(pauseMs, undefined, { signal: stopping }).catch(() => {}) // stopping ends the loop
    }
    await Promise.all(this.#items.values())
  }

  async #runOnce(stopping: AbortSignal): Promise<void> {
    const began = performance.now()
    try {
      await ('run' in this.task ? this.task.run(stopping) : this.#startItems(this.task, stopping))
      this.shared.main.answered(began)
      if (this.#failureLogged)
        this.#log('info', { failures: this.status.failures }, 'task recovered')
      this.#failureLogged = false
      this.status.failures = 0
      this.#observe('done', began)
    } catch (error) {
      this.status.failures++
      this.status.failedAt = Date.now()
      this.status.error = codeOf(error) ?? (error instanceof Error ? error.name : typeof error)
      if (!(await this.shared.main.causes(error))) {
        this.#log('error', { failures: this.status.failures, err: error }, 'task failed')
        this.#failureLogged = true
      }
      this.#observe('failed', began)
    }
    this.status.endedAt = Date.now()
    this.status.tookMs = Math.round(performance.now() - began)
    if ('due' in this.task) this.shared.onPoll(this.task.name)
  }

  async #startItems({ due, process, concurrency }: QueueTask, stopping: AbortSignal) {
    for (const { id, urgent } of await due()) {
      if (stopping.aborted) return
      if (this.#items.has(id) || (this.#items.size >= concurrency && !urgent)) continue
      const began = performance.now()
      const item = process(id, stopping)
        .then(
          () => this.#observe('done', began),
          (error: unknown) => {
            this.#log('error', { id, err: error }, 'task item failed')
            this.#observe('failed', began)
          },
        )
        .finally(() => this.#items.delete(id))
      this.#items.set(id, item)
    }
  }

  /** A rare task is retried soon after a failure, a frequent one every few seconds at most. */
  #pauseMs(): number {
    const { everyMs } = this.task
    const { failures } = this.status
    if (failures === 0) return everyMs
    return backoffMs(failures, {
      firstMs: Math.min(Math.max(everyMs, 500), 30_000),
      maxMs: Math.max(everyMs, 5000),
    })
  }

  #observe(outcome: TaskRun['outcome'], began: number): void {
    this.shared.onRun({ task: this.task.name, outcome, ms: performance.now() - began })
  }

  #log(level: 'info' | 'error', facts: Record<string, unknown>, message: string): void {
    this.tenancy.config.logger[level]({ task: this.task.name, ...facts }, message)
  }
}
