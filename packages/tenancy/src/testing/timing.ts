/**
 * Measures two functions alternately. Near 0.5 their durations cannot be told apart, even on a busy
 * machine; work that only one of them does moves the result to 0 or 1.
 * @param one - A function; its argument counts the calls.
 * @param other - The other function.
 * @param times - How often to call each.
 * @returns The share of all pairs of calls in which `one` took longer.
 */
export async function partLonger(
  one: (i: number) => Promise<unknown>,
  other: (i: number) => Promise<unknown>,
  times: number,
): Promise<number> {
  const [ones, others]: [number[], number[]] = [[], []]
  const time = async (work: (i: number) => Promise<unknown>, i: number, into: number[]) => {
    const started = performance.now()
    await work(i)
    into.push(performance.now() - started)
  }
  for (let i = 0; i < times; i++) {
    if (i % 2) await time(one, i, ones)
    await time(other, i, others)
    if (i % 2 === 0) await time(one, i, ones)
  }
  return ones.reduce((sum, a) => sum + others.filter((b) => a > b).length, 0) / (times * times)
}
