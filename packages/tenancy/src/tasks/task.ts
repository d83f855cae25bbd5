/**
 * Background work that a worker repeats. It finds in its own rows what is due, so it may run in
 * several workers and be interrupted at any time.
 */
export type Task = PeriodicTask | QueueTask

type Schedule = {
  /** Unique. A label of metrics and the key of `tenancy.tasks`. */
  name: string
  /** The pause between two runs. */
  everyMs: number
}

/** Does everything that is due in one run. */
export type PeriodicTask = Schedule & { run: (stopping: AbortSignal) => Promise<unknown> }

/** Looks for due items in each run, and processes several of them at a time, run after run. */
export type QueueTask = Schedule & {
  /** How many items one worker processes at a time. */
  concurrency: number
  /** The items that are due, in order. An urgent one does not wait for others to end. */
  due: () => Promise<{ id: string; urgent?: boolean }[]>
  /** Processes one item. It schedules its own next attempt, in its row. */
  process: (id: string, stopping: AbortSignal) => Promise<unknown>
}

/** What is known of a task in this process. Times in milliseconds since 1970. */
export type TaskStatus = {
  name: string
  everyMs: number
  endedAt: number | null
  tookMs: number | null
  failedAt: number | null
  /** Runs that failed in a row. */
  failures: number
  /** Code or name of the last failure's error. */
  error: string | null
  nextRunAt: number | null
}

/** One run of a task, or one item of a queue, for metrics. */
export type TaskRun = { task: string; outcome: 'done' | 'failed'; ms: number }
