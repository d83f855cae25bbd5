/** Work to compare. Sides run in short alternating slices, so that noise affects all of them alike. */
export type Variant = { name: string; once: () => Promise<unknown> }

export async function inSlices(
  sides: Variant[],
  { sliceMs, deadline, rounds }: { sliceMs: number; deadline: number; rounds: number },
): Promise<Map<string, number[]>> {
  const times = new Map(sides.map(({ name }): [string, number[]] => [name, []]))
  for (const { once } of sides) for (let i = 0; i < 20; i++) await once()
  for (let round = 0; round < rounds && performance.now() < deadline; round++) {
    const turn = sides
      .map((_, i) => sides[(i + round) % sides.length])
      .filter((side) => side !== undefined)
    for (const { name, once } of turn) {
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

/** The quantile of a list, by the nearest rank. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))
