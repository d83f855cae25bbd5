/**
 * `deadline` is the time of `performance.now()` by which the benchmark should end; `tell` prints
 * progress.
 */
export type BenchOptions = {
  size: number | undefined
  deadline: number
  adminUrl: string
  tell: (line: string) => void
}

/** By the names of the `--json` document. */
export type Metrics = Record<string, number>
/** `text` is a table with both sides and their ratio. */
export type BenchResult = { text: string; metrics: Metrics; failed?: boolean }

/** A benchmark. It is loaded when the environment points to a new, empty database. */
export type Bench = {
  about: string
  load: () => Promise<{ run: (options: BenchOptions) => Promise<BenchResult> }>
}
