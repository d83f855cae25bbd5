/**
 * What a benchmark is given: how large, and the moment (performance.now) at which it should be
 * through.
 */
export type BenchOptions = {
  size: number | undefined
  deadline: number
  adminUrl: string
  tell: (line: string) => void
}

/**
 * What it gives back: a table for people, with both sides and the ratio, and the metrics by name.
 */
export type Metrics = Record<string, number>
export type BenchResult = { text: string; metrics: Metrics; failed?: boolean }

/**
 * A benchmark. It gets a database of its own, set up and empty, and is loaded after the environment
 * points there.
 */
export type Bench = {
  about: string
  load: () => Promise<{ run: (given: BenchOptions) => Promise<BenchResult> }>
}
