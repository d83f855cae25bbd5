export type BenchOptions = {
  /** The number of rows, orders or schemas; undefined for the benchmark's own default. */
  size: number | undefined
  /** When the benchmark should end, in the time of `performance.now()`. */
  deadline: number
  adminUrl: string
  printProgress: (line: string) => void
}

/** The results in the `--json` document, by name. */
export type Metrics = Record<string, number>
/**
 * `text` is a table of everything that was compared, with ratios; `failed` makes the command exit
 * with 1.
 */
export type BenchResult = { text: string; metrics: Metrics; failed?: boolean }

/** A benchmark. Its module is loaded only after the environment points to a new, empty database. */
export type Bench = {
  about: string
  load: () => Promise<{ run: (options: BenchOptions) => Promise<BenchResult> }>
}
