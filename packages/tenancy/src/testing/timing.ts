/**
 * Measures two things in turns, each first half of the times. Out: in how large a part of all pairs
 * the one took longer. Near a half, time tells nobody which it was, however noisy the machine; work
 * that only one of them does takes it to 0 or 1.
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
