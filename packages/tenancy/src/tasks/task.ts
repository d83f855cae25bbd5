/**
 * Background work that a worker repeats. It reads from its rows what is due, so that it can run in
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

/** Reads the due items in each run, and processes several items at a time. */
export type QueueTask = Schedule & {
  /** How many items one worker processes at a time. */
  concurrency: number
  /** Reads the due items, in order. An urgent item starts even at full concurrency. */
  due: () => Promise<{ id: string; urgent?: boolean }[]>
  /** Processes one item. A failed item schedules its next attempt in its row. */
  process: (id: string, stopping: AbortSignal) => Promise<unknown>
}

/** The status of a task in this process. Times are in milliseconds since 1970. */
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
