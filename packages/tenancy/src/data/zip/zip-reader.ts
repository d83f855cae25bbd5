import { crc32 } from 'node:zlib'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { ArchiveRefused } from '#tenancy/data/errors'

/** The upper limits of an archive. */
export type ZipLimits = {
  files: number
  /** Total size of the content in bytes. */
  bytes: number
  /** How many times larger a file may be than its compressed form. */
  ratio: number
}

/** Smaller files may have any ratio, because a table with few distinct rows compresses well. */
const ratioAppliesFrom = 64 * 1024 * 1024
const longestName = 200
/** Path segments of plain characters that do not begin with a dot. */
const plainName = /^[a-z0-9_][a-z0-9_ .()-]*(\/[a-z0-9_][a-z0-9_ .()-]*)*$/i
/** Files that macOS adds when it compresses a folder. */
const addedByMacOs = /(^|\/)(__MACOSX\/|\.DS_Store$|\._)/

/**
 * A ZIP archive whose list of files was read and checked. The content of a file is checked while it
 * is read.
 */
export class ZipReader {
  /** The files by name. A folder that contains all of them is not part of the name. */
  readonly files: ReadonlyMap<string, Entry>
  readonly #path: string

  private constructor(path: string, files: ReadonlyMap<string, Entry>) {
    this.#path = path
    this.files = files
  }

  /**
   * Reads the list of files.
   * @throws ArchiveRefused for any feature that a plain archive does not have.
   */
  static async open(path: string, limits: ZipLimits): Promise<ZipReader> {
    return withZip(path, async (zip) => {
      if (zip.entryCount > limits.files)
        throw new ArchiveRefused(`it holds ${zip.entryCount} files, more than ${limits.files}`)
      const entries: Entry[] = []
      for await (const entry of zip.eachEntry()) entries.push(entry)
      await checkRanges(zip, entries)
      const files = entries.filter(
        ({ fileName }) => !fileName.endsWith('/') && !addedByMacOs.test(fileName),
      )
      checkNames(files)
      checkSizes(files, limits)
      return new ZipReader(path, new Map(withoutCommonFolder(files)))
    })
  }

  /**
   * Reads one file, never more than its listed size.
   * @throws ArchiveRefused when the content differs from the list.
   */
  async *content(name: string): AsyncGenerator<Buffer> {
    const entry = this.files.get(name)
    if (!entry) throw new ArchiveRefused(`it has no file ${name}`)
    const zip = await openPromise(this.#path, { lazyEntries: true, autoClose: false })
    let crc = 0
    try {
      const stream = await zip.openReadStreamPromise(entry)
      for await (const piece of stream as AsyncIterable<Buffer>) {
        crc = crc32(piece, crc)
        yield piece
      }
    } catch (error) {
      throw refusal(error, `${name} cannot be read`)
    } finally {
      zip.close()
    }
    if (crc !== entry.crc32)
      throw new ArchiveRefused(
        `${name} is damaged: its checksum is ${crc}, but ${entry.crc32} is listed`,
      )
  }
}

async function withZip<T>(path: string, work: (zip: ZipFile) => Promise<T>): Promise<T> {
  const zip = await openPromise(path, {
    lazyEntries: true,
    autoClose: false,
    strictFileNames: true,
  }).catch((error: Error) => {
    throw new ArchiveRefused(`it cannot be read (${error.message})`)
  })
  try {
    return await work(zip)
  } catch (error) {
    throw refusal(error, 'its list of files is not in order')
  } finally {
    zip.close()
  }
}

/** Errors of the file system are passed on, because they are not the archive's fault. */
function refusal(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || ArchiveRefused.is(error) || 'syscall' in error) return error
  return new ArchiveRefused(`${what} (${error.message})`)
}

function checkNames(files: Entry[]): void {
  const names = new Set<string>()
  for (const { fileName, compressionMethod, generalPurposeBitFlag } of files) {
    if (!plainName.test(fileName) || fileName.length > longestName)
      throw new ArchiveRefused(
        `it holds a file with the name ${JSON.stringify(fileName.slice(0, longestName))}`,
      )
    if (generalPurposeBitFlag & 1) throw new ArchiveRefused(`${fileName} is encrypted`)
    if (compressionMethod !== 0 && compressionMethod !== 8)
      throw new ArchiveRefused(
        `${fileName} is compressed with method ${compressionMethod}; only methods 0 and 8 are supported`,
      )
    // some systems treat names that differ only in case as one file
    if (names.has(fileName.toLowerCase())) throw new ArchiveRefused(`${fileName} is in it twice`)
    names.add(fileName.toLowerCase())
  }
}

/**
 * Checks that each file is where the list says, under the same name, and that no two files share
 * bytes: a few shared megabytes can be listed as terabytes.
 */
async function checkRanges(zip: ZipFile, entries: Entry[]): Promise<void> {
  let end = 0
  for (const entry of entries.toSorted(
    (a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader,
  )) {
    const { fileName, fileNameRaw, relativeOffsetOfLocalHeader: start, compressedSize } = entry
    if (start < end)
      throw new ArchiveRefused(`${fileName} begins inside another file, at byte ${start}`)
    const header = await zip.readLocalFileHeaderPromise(entry)
    if (!header.fileName.equals(fileNameRaw))
      throw new ArchiveRefused(
        `${fileName} is listed at byte ${start}, but there is ${JSON.stringify(header.fileName.toString('utf8', 0, 80))}`,
      )
    end = header.fileDataStart + compressedSize
  }
}

function checkSizes(files: Entry[], limits: ZipLimits): void {
  let total = 0
  for (const { fileName, uncompressedSize, compressedSize } of files) {
    total += uncompressedSize
    if (total > limits.bytes)
      throw new ArchiveRefused(`its content is larger than ${limits.bytes} bytes`)
    if (uncompressedSize > ratioAppliesFrom && uncompressedSize > compressedSize * limits.ratio)
      throw new ArchiveRefused(
        `${fileName} is ${Math.round(uncompressedSize / compressedSize)} times its compressed size, more than ${limits.ratio}`,
      )
  }
}

/** Someone who compresses the unpacked folder again adds its name to every path. */
function withoutCommonFolder(files: Entry[]): [string, Entry][] {
  const [folder] = files[0]?.fileName.match(/^[^/]+\//) ?? ['']
  const length = files.every(({ fileName }) => fileName.startsWith(folder)) ? folder.length : 0
  return files.map((file) => [file.fileName.slice(length), file])
}
