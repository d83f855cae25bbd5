/** One of the ways of doing something that a benchmark compares. */
export type Variant = { name: string; once: () => Promise<unknown> }

/**
 * Runs the variants in short alternating slices, so that noise on the machine affects all of them
 * alike.
 *
 * @returns The times of each variant, in milliseconds, by name.
 */
export async function inSlices(
  variants: Variant[],
  { sliceMs, deadline, rounds }: { sliceMs: number; deadline: number; rounds: number },
): Promise<Map<string, number[]>> {
  const times = new Map(variants.map(({ name }): [string, number[]] => [name, []]))
  for (const { once } of variants) for (let i = 0; i < 20; i++) await once()
  for (let round = 0; round < rounds && performance.now() < deadline; round++) {
    const order = variants
      .map((_, i) => variants[(i + round) % variants.length])
      .filter((variant) => variant !== undefined)
    for (const { name, once } of order) {
      const list = times.get(name) ?? []
      for (const until = performance.now() + sliceMs; performance.now() < until;) {
        const began = performance.now()
        await once()
        list.push(performance.now() - began)
      }
    }
  }
  return times
}

/**
 * A quantile by the nearest rank.
 *
 * @param part - From 0 to 1: 0.5 is the median.
 */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))
