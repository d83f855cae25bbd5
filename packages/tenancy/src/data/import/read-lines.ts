import { ArchiveRefused } from '#tenancy/data/errors'

const newline = 10
const maxLineBytes = 16 * 2 ** 20

/** `number` counts from 1. */
export type Line = { text: string; number: number }

/**
 * Reads the lines of a UTF-8 file.
 * @param name - The name of the file, for error messages.
 * @throws ArchiveRefused for a line longer than 16 MB, or one without a line end.
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
      if (held > maxLineBytes)
        throw new ArchiveRefused(
          `line ${number + 1} of ${name} is longer than ${maxLineBytes} bytes`,
        )
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
