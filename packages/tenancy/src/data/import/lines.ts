import { ArchiveRefused } from '#tenancy/data/errors'

const newline = 10
const longest = 16 * 2 ** 20

/** A line of a file, counted from 1. */
export type Line = { text: string; number: number }

/**
 * The lines of a file in UTF-8, one at a time. Throws ArchiveRefused for a line that has no end, or
 * is longer than 16 MB.
 */
export async function* linesOf(content: AsyncIterable<Buffer>, name: string): AsyncGenerator<Line> {
  let rest: Buffer[] = []
  let held = 0
  let number = 0
  for await (const piece of content) {
    let from = 0
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, from)) {
      rest.push(piece.subarray(from, at))
      yield { text: textOf(rest, name, ++number), number }
      rest = []
      held = 0
      from = at + 1
    }
    if (from < piece.length) {
      rest.push(piece.subarray(from))
      held += piece.length - from
      if (held > longest)
        throw new ArchiveRefused(`line ${number + 1} of ${name} is longer than ${longest} bytes`)
    }
  }
  if (held > 0) throw new ArchiveRefused(`${name} ends in the middle of line ${number + 1}`)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(parts: Buffer[], name: string, number: number): string {
  try {
    return decoder.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts))
  } catch {
    throw new ArchiveRefused(`line ${number} of ${name} is not UTF-8`)
  }
}
