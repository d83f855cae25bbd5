import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'
import {
  centralHeader,
  endRecords,
  localHeader,
  trailer,
  type Entry,
} from '#tenancy/data/zip/records'

/** How hard to press: level 3 is a third larger than 9 and several times quicker. */
const level = 3

/** What one file in the archive turned out to be. */
export type Written = { name: string; bytes: number; packed: number }

/**
 * Writes a ZIP archive as a stream: nothing is held back but the list of files. `add` takes a
 * file's name and its content in pieces; `finish` writes the list. ZIP64 records stand in every
 * archive, so size and count have no limit.
 */
export class ZipWriter {
  readonly #entries: Entry[] = []
  #offset = 0n
  readonly #out: Writable
  constructor(out: Writable) {
    this.#out = out
  }

  async add(name: string, content: AsyncIterable<Buffer>): Promise<Written> {
    const entry: Entry = { name, offset: this.#offset, crc: 0, bytes: 0n, packed: 0n }
    await this.#write(localHeader(name))
    const deflate = createDeflateRaw({ level, chunkSize: 65_536 })
    const draining = this.#drain(deflate, entry)
    const feeding = this.#feed(content, deflate, entry)
    await Promise.all([feeding, draining]).catch((error: Error) => {
      deflate.destroy()
      throw error
    })
    await this.#write(trailer(entry))
    this.#entries.push(entry)
    return { name, bytes: Number(entry.bytes), packed: Number(entry.packed) }
  }

  async finish(): Promise<bigint> {
    const start = this.#offset
    for (const entry of this.#entries) await this.#write(centralHeader(entry))
    await this.#write(
      endRecords({ count: BigInt(this.#entries.length), start, size: this.#offset - start }),
    )
    return this.#offset
  }

  async #feed(
    content: AsyncIterable<Buffer>,
    deflate: ReturnType<typeof createDeflateRaw>,
    entry: Entry,
  ): Promise<void> {
    for await (const piece of content) {
      entry.crc = crc32(piece, entry.crc)
      entry.bytes += BigInt(piece.length)
      if (!deflate.write(piece)) await once(deflate, 'drain')
    }
    deflate.end()
  }

  async #drain(deflate: AsyncIterable<Buffer>, entry: Entry): Promise<void> {
    for await (const piece of deflate) {
      entry.packed += BigInt(piece.length)
      await this.#write(piece)
    }
  }

  async #write(piece: Buffer): Promise<void> {
    this.#offset += BigInt(piece.length)
    if (this.#out.write(piece)) return
    // it failed while nobody waited, and will never drain
    if (this.#out.errored) throw this.#out.errored
    await once(this.#out, 'drain')
  }
}
