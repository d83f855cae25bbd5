/**
 * What a benchmark is given: how large, and the moment (performance.now) at which it should be
 * through.
 */
export type Given = {
  size: number | undefined
  deadline: number
  adminUrl: string
  tell: (line: string) => void
}

/**
 * What it gives back: a table for people, with both sides and the ratio, and the figures by name.
 */
export type Figures = Record<string, number>
export type Outcome = { text: string; figures: Figures; failed?: boolean }

/**
 * A benchmark. It gets a database of its own, set up and empty, and is loaded after the environment
 * points there.
 */
export type Bench = {
  about: string
  load: () => Promise<{ run: (given: Given) => Promise<Outcome> }>
}
