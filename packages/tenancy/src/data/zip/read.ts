import { createReadStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { crc32, createInflateRaw } from 'node:zlib'
import { ArchiveRefused } from '#tenancy/data/errors'
import { listingOf, type Listed } from '#tenancy/data/zip/listing'
import { signatures } from '#tenancy/data/zip/records'

/**
 * What an archive may hold at most. `bytes` counts what comes out of it, `ratio` how much more that
 * is than what goes in.
 */
export type Limits = { files: number; bytes: number; ratio: number }

/** Below this size a high ratio is ordinary: an empty table's file, a thousand equal rows. */
const ratioFrom = 64 * 1024 * 1024

/**
 * An archive whose list was read and found in order; the content of its files is checked while it
 * is read.
 */
export class ZipReader {
  readonly files: ReadonlyMap<string, Listed>
  readonly #path: string
  private constructor(path: string, files: Map<string, Listed>) {
    this.#path = path
    this.files = files
  }

  /**
   * Reads the list of an archive. Throws ArchiveRefused for anything that a plain archive of files
   * would not have.
   */
  static async open(path: string, limits: Limits): Promise<ZipReader> {
    const handle = await open(path).catch((error: Error) => {
      throw new ArchiveRefused(`it cannot be read (${error.message})`)
    })
    try {
      const { size } = await handle.stat()
      const listed = await listingOf(
        (from, length) => piece(handle, from, length),
        size,
        limits.files,
      )
      await checkPlaces(handle, listed)
      checkSizes(listed, limits)
      return new ZipReader(
        path,
        new Map(
          listed.filter(({ name }) => !name.endsWith('/')).map((entry) => [entry.name, entry]),
        ),
      )
    } finally {
      await handle.close()
    }
  }

  /**
   * The content of one file in pieces, never more than its listed size. Throws ArchiveRefused when
   * it is not what the list says.
   */
  async *content(name: string): AsyncGenerator<Buffer> {
    const entry = this.files.get(name)
    if (!entry) throw new ArchiveRefused(`it has no file ${name}`)
    let bytes = 0
    let crc = 0
    for await (const part of this.#unpacked(entry)) {
      bytes += part.length
      if (bytes > entry.bytes)
        throw new ArchiveRefused(
          `${name} is larger than the ${entry.bytes} bytes it is listed with`,
        )
      crc = crc32(part, crc)
      yield part
    }
    if (bytes !== entry.bytes)
      throw new ArchiveRefused(`${name} has ${bytes} bytes, but is listed with ${entry.bytes}`)
    if (crc !== entry.crc)
      throw new ArchiveRefused(`${name} is damaged: its checksum is ${crc}, listed is ${entry.crc}`)
  }

  async *#unpacked({ name, start, packed, method }: Listed): AsyncGenerator<Buffer> {
    if (packed === 0) return
    const raw = createReadStream(this.#path, { start, end: start + packed - 1 })
    if (method === 0) return yield* raw as AsyncIterable<Buffer>
    const inflate = createInflateRaw({ chunkSize: 65_536 })
    raw.on('error', (error) => inflate.destroy(error)).pipe(inflate)
    try {
      yield* inflate as AsyncIterable<Buffer>
    } catch (error) {
      throw error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
        ? new ArchiveRefused(`${name} cannot be unpacked (${error.message})`)
        : error
    } finally {
      raw.destroy()
      inflate.destroy()
    }
  }
}

async function piece(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const into = Buffer.alloc(length)
  const { bytesRead } = await handle.read(into, 0, length, from)
  if (bytesRead !== length)
    throw new ArchiveRefused(`it ends in the middle of a record at byte ${from + bytesRead}`)
  return into
}

/**
 * Each file stands where the list says, under the same name, and no two share bytes, which is how
 * small archives become endless.
 */
async function checkPlaces(handle: FileHandle, listed: Listed[]): Promise<void> {
  let free = 0
  for (const entry of listed.toSorted((a, b) => a.offset - b.offset)) {
    if (entry.offset < free)
      throw new ArchiveRefused(`${entry.name} begins inside another file, at byte ${entry.offset}`)
    const head = await piece(handle, entry.offset, 30)
    const nameLength = head.readUInt16LE(26)
    const name = (await piece(handle, entry.offset + 30, nameLength)).toString('utf8')
    if (head.readUInt32LE(0) !== signatures.local || name !== entry.name)
      throw new ArchiveRefused(
        `${entry.name} is listed at byte ${entry.offset}, but there is ${JSON.stringify(name.slice(0, 80))}`,
      )
    entry.start = entry.offset + 30 + nameLength + head.readUInt16LE(28)
    free = entry.start + entry.packed
    if (free > entry.end)
      throw new ArchiveRefused(`${entry.name} reaches beyond the files of the archive`)
  }
}

function checkSizes(listed: Listed[], limits: Limits): void {
  let total = 0
  for (const { name, bytes, packed } of listed) {
    total += bytes
    if (total > limits.bytes)
      throw new ArchiveRefused(`it unpacks to more than ${limits.bytes} bytes`)
    if (bytes > ratioFrom && bytes > packed * limits.ratio)
      throw new ArchiveRefused(
        `${name} unpacks to ${Math.round(bytes / packed)} times its size, more than ${limits.ratio}`,
      )
  }
}
