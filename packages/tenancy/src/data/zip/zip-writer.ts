import { Readable, type Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'

/**
 * Level 3 makes files a third larger than level 9, but is several times faster. The date is fixed,
 * so that the same rows result in the same archive.
 */
const options = { compressionLevel: 3, mtime: new Date(1980, 0, 1), forceDosTimestamp: true }

/** Writes a ZIP archive as a stream. Only the list of files is held in memory. */
export class ZipWriter {
  readonly #zip = new ZipFile()
  readonly #written: Promise<void>

  /** @param out - Receives the archive. `finish` ends it, and `abort` destroys it. */
  constructor(out: Writable) {
    this.#written = pipeline(this.#zip.outputStream, out)
    this.#written.catch(() => {}) // `add` and `finish` reject with this error
  }

  /**
   * Adds a file.
   * @param name - Its path in the archive.
   * @returns The size of its content in bytes, once all of it is read.
   */
  async add(name: string, content: AsyncIterable<Buffer>): Promise<{ bytes: number }> {
    let bytes = 0
    const source = Readable.from(
      (async function* () {
        for await (const piece of content) {
          bytes += piece.length
          yield piece
        }
      })(),
      { objectMode: false },
    )
    this.#zip.addReadStream(source, name, options)
    // a failed output never requests the rest of the content
    await Promise.race([finished(source), this.#written]).finally(() => source.destroy())
    return { bytes }
  }

  /** Writes the list of files, and waits until the output has received everything. */
  async finish(): Promise<void> {
    this.#zip.end()
    await this.#written
  }

  /** Destroys an archive that cannot be completed. */
  abort(): void {
    ;(this.#zip.outputStream as Readable).destroy()
  }
}
