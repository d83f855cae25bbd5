// QR codes (ISO/IEC 18004), as much as an authenticator app needs: bytes, error correction M,
// versions 1 to 10.

const codewords = [26, 44, 70, 100, 134, 172, 196, 242, 292, 346]
const correction = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26]
const blocks = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5]
const crosses = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
]

type Grid = (boolean | undefined)[][]
const at = (list: readonly number[], i: number) => list[i] ?? 0

/** The dark and light modules of a text; undefined when it is too long. */
export function qrMatrix(text: string): boolean[][] | undefined {
  const bytes = [...new TextEncoder().encode(text)]
  const version =
    codewords.findIndex(
      (total, i) => bytes.length + (i === 9 ? 3 : 2) <= total - at(correction, i) * at(blocks, i),
    ) + 1
  if (version === 0) return undefined
  const frame = frameOf(version)
  const stream = interleaved(dataOf(bytes, version), version)
  const masked = masks.map((_, mask) => drawn(frame, stream, mask))
  return masked.reduce((best, one) => (penalty(one) < penalty(best) ? one : best))
}

function dataOf(bytes: number[], version: number): number[] {
  const room = at(codewords, version - 1) - at(correction, version - 1) * at(blocks, version - 1)
  const bits = `0100${bytes.length.toString(2).padStart(version === 10 ? 16 : 8, '0')}${bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('')}0000`
  const data = (bits.slice(0, room * 8).match(/.{1,8}/g) ?? []).map((byte) =>
    Number.parseInt(byte.padEnd(8, '0'), 2),
  )
  for (let i = 0; data.length < room; i++) data.push(i % 2 === 0 ? 0xec : 0x11)
  return data
}

/**
 * Reed-Solomon over GF(256) with the polynomial 0x11d, block by block, then one codeword of each
 * block in turn.
 */
function interleaved(data: number[], version: number): number[] {
  const count = at(blocks, version - 1)
  const length = at(correction, version - 1)
  const short = Math.floor(data.length / count)
  const longer = data.length % count
  let from = 0
  const parts = Array.from({ length: count }, (_, i) =>
    data.slice(from, (from += short + (i >= count - longer ? 1 : 0))),
  )
  const checks = parts.map((part) => remainder(part, generator(length)))
  const turn = (all: number[][], most: number) =>
    Array.from({ length: most }, (_, i) => all.flatMap((one) => one.slice(i, i + 1))).flat()
  return [...turn(parts, short + 1), ...turn(checks, length)]
}

function multiplied(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--)
    product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((b >> bit) & 1) * a)
  return product
}

function generator(degree: number): number[] {
  let result = [...Array<number>(degree - 1).fill(0), 1]
  for (let i = 0, root = 1; i < degree; i++, root = multiplied(root, 2))
    result = result.map((value, j) => multiplied(value, root) ^ at(result, j + 1))
  return result
}

function remainder(data: number[], divisor: number[]): number[] {
  let rest = divisor.map(() => 0)
  for (const byte of data) {
    const factor = byte ^ at(rest, 0)
    rest = [...rest.slice(1), 0].map((value, i) => value ^ multiplied(at(divisor, i), factor))
  }
  return rest
}

/**
 * What does not depend on the text: finders, timing, alignment, version, and the places kept for
 * the format.
 */
function frameOf(version: number): Grid {
  const size = 17 + version * 4
  const grid: Grid = Array.from({ length: size }, () =>
    Array<boolean | undefined>(size).fill(undefined),
  )
  const put = (x: number, y: number, dark: boolean) =>
    void (grid[y]?.[x] !== undefined || x < 0 || x >= size || !grid[y] || (grid[y][x] = dark))
  const rings = (cx: number, cy: number, reach: number, light: readonly number[]) => {
    for (let y = -reach; y <= reach; y++)
      for (let x = -reach; x <= reach; x++)
        put(cx + x, cy + y, !light.includes(Math.max(Math.abs(x), Math.abs(y))))
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    rings(x, y, 4, [2, 4])
  const both = (x: number, y: number, dark: boolean) => {
    put(x, y, dark)
    put(y, x, dark)
  }
  for (let i = 8; i < size - 8; i++) both(i, 6, i % 2 === 0)
  const places = crosses[version - 1] ?? []
  // the crosses on the timing lines stand over them, so those are cleared for it; the three at the
  // finders are left out
  for (const y of places)
    for (const x of places)
      if (!((x === 6 && y === 6) || (x === 6 && y === size - 7) || (y === 6 && x === size - 7))) {
        for (let i = -2; i <= 2; i++)
          for (let j = -2; j <= 2; j++) if (grid[y + i]) (grid[y + i] ?? [])[x + j] = undefined
        rings(x, y, 2, [1])
      }
  for (let i = 0; i < 9; i++) both(8, i, false)
  for (let i = 0; i < 8; i++) both(8, size - 1 - i, false)
  if (version >= 7)
    for (const [i, bit] of checkedBits(version, 12, 0x1f25).entries())
      both(size - 11 + (i % 3), Math.floor(i / 3), bit)
  return grid
}

/** A number and the remainder of its division, lowest bit first. */
function checkedBits(value: number, length: number, divisor: number, flip = 0): boolean[] {
  let rest = value
  for (let i = 0; i < length; i++) rest = (rest << 1) ^ ((rest >> (length - 1)) * divisor)
  const bits = ((value << length) | rest) ^ flip
  return Array.from({ length: length + (length === 12 ? 6 : 5) }, (_, i) => ((bits >> i) & 1) === 1)
}

const masks: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]

function drawn(frame: Grid, stream: number[], mask: number): boolean[][] {
  const size = frame.length
  const result = frame.map((row) => row.map((dark) => dark ?? false))
  const set = (x: number, y: number, dark: boolean) => void ((result[y] ?? [])[x] = dark)
  let i = 0
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5
    for (let step = 0; step < size; step++)
      for (const x of [right, right - 1]) {
        const y = ((right + 1) & 2) === 0 ? size - 1 - step : step
        if (frame[y]?.[x] !== undefined) continue
        const dark = ((at(stream, i >> 3) >> (7 - (i & 7))) & 1) === 1
        set(x, y, dark !== masks[mask]?.(x, y))
        i++
      }
  }
  // level M is 0 in the format, which is drawn twice beside the finders
  for (const [n, bit] of checkedBits(mask, 10, 0x537, 0x5412).entries()) {
    set(8, n < 6 ? n : n < 8 ? n + 1 : size - 15 + n, bit)
    set(n < 8 ? size - 1 - n : n < 9 ? 7 : 14 - n, 8, bit)
  }
  set(8, size - 8, true)
  return result
}

/** Long runs of one colour are hard to read. */
function penalty(grid: boolean[][]): number {
  const lines = [...grid, ...grid.map((_, x) => grid.map((row) => row[x] ?? false))].map((line) =>
    line.map(Number).join(''),
  )
  return lines.reduce(
    (sum, line) =>
      sum +
      [...line.matchAll(/0{5,}|1{5,}/g)].reduce((all, [run]) => all + run.length - 2, 0) +
      [...line.matchAll(/(?=10111010000|00001011101)/g)].length * 40,
    0,
  )
}
