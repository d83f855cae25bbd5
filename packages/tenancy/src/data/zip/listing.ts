import { ArchiveRefused } from '#tenancy/data/errors'
import { signatures } from '#tenancy/data/zip/records'

/**
 * One file as the archive's list has it. `start` is where its content begins, known once its header
 * was read; `end` where the files end.
 */
export type Listed = {
  name: string
  method: number
  crc: number
  bytes: number
  packed: number
  offset: number
  start: number
  end: number
}

type Read = (from: number, length: number) => Promise<Buffer>
type End = { count: number; start: number; size: number }

const seeZip64 = 0xffff_ffff
const listLimit = 16 * 1024 * 1024

/**
 * The list of an archive. In: a way to read pieces of it, its size, and how many files it may have.
 * Throws ArchiveRefused.
 */
export async function listingOf(read: Read, size: number, most: number): Promise<Listed[]> {
  const { count, start, size: length } = await endOf(read, size)
  if (count > most) throw new ArchiveRefused(`it holds ${count} files, more than ${most}`)
  if (length > listLimit || start + length > size)
    throw new ArchiveRefused(
      `its list of files is said to have ${length} bytes at byte ${start}, which cannot be`,
    )
  const list = await read(start, length)
  const found: Listed[] = []
  const names = new Set<string>()
  for (let at = 0; found.length < count;) {
    if (at + 46 > list.length || list.readUInt32LE(at) !== signatures.central)
      throw new ArchiveRefused(`its list of files breaks off after ${found.length} of ${count}`)
    const next =
      at + 46 + list.readUInt16LE(at + 28) + list.readUInt16LE(at + 30) + list.readUInt16LE(at + 32)
    if (next > list.length)
      throw new ArchiveRefused(`its list of files breaks off after ${found.length} of ${count}`)
    const entry = listed(list.subarray(at, next), start)
    if (names.has(entry.name.toLowerCase()))
      throw new ArchiveRefused(`${entry.name} is in it twice`)
    names.add(entry.name.toLowerCase())
    found.push(entry)
    at = next
  }
  return found
}

async function endOf(read: Read, size: number): Promise<End> {
  const length = Math.min(size, 22 + 65_535)
  const tail = await read(size - length, length)
  for (let at = tail.length - 22; at >= 0; at--) {
    if (
      tail.readUInt32LE(at) !== signatures.end ||
      at + 22 + tail.readUInt16LE(at + 20) !== tail.length
    )
      continue
    if (tail.readUInt16LE(at + 4) !== 0 || tail.readUInt16LE(at + 6) !== 0)
      throw new ArchiveRefused('it is one part of several')
    const end = {
      count: tail.readUInt16LE(at + 10),
      size: tail.readUInt32LE(at + 12),
      start: tail.readUInt32LE(at + 16),
    }
    return end.count === 0xffff || end.size === seeZip64 || end.start === seeZip64
      ? largeEnd(read, size - length + at)
      : end
  }
  throw new ArchiveRefused('it is not a ZIP archive, or its end is missing')
}

async function largeEnd(read: Read, before: number): Promise<End> {
  const locator = before >= 20 ? await read(before - 20, 20) : Buffer.alloc(20)
  if (locator.readUInt32LE(0) !== signatures.locator64)
    throw new ArchiveRefused('the record of its true size is missing')
  const at = locator.readBigUInt64LE(8)
  if (at + 56n > BigInt(before))
    throw new ArchiveRefused('the record of its true size is not where it is said to be')
  const record = await read(Number(at), 56)
  if (record.readUInt32LE(0) !== signatures.end64)
    throw new ArchiveRefused('the record of its true size is missing')
  return {
    count: whole(record.readBigUInt64LE(32)),
    size: whole(record.readBigUInt64LE(40)),
    start: whole(record.readBigUInt64LE(48)),
  }
}

function listed(record: Buffer, end: number): Listed {
  const nameLength = record.readUInt16LE(28)
  const name = record.subarray(46, 46 + nameLength).toString('utf8')
  if (!/^[a-z0-9_]+(\/[a-z0-9_]+)*(\.[a-z0-9]+|\/)?$/i.test(name) || name.length > 200)
    throw new ArchiveRefused(`it holds a file with the name ${JSON.stringify(name.slice(0, 200))}`)
  if (record.readUInt16LE(8) & 1) throw new ArchiveRefused(`${name} is encrypted`)
  const method = record.readUInt16LE(10)
  if (method !== 0 && method !== 8)
    throw new ArchiveRefused(`${name} is packed with method ${method}; only 0 and 8 are read`)
  const extra = largeFields(
    record.subarray(46 + nameLength, 46 + nameLength + record.readUInt16LE(30)),
  )
  const field = (at: number) =>
    record.readUInt32LE(at) === seeZip64 ? extra() : record.readUInt32LE(at)
  const bytes = field(24)
  const packed = field(20)
  const offset = field(42)
  if (method === 0 && bytes !== packed)
    throw new ArchiveRefused(
      `${name} is not packed, but listed with two sizes, ${packed} and ${bytes}`,
    )
  return { name, method, crc: record.readUInt32LE(16), bytes, packed, offset, start: 0, end }
}

/** The 64-bit fields of a record, one after the other. */
function largeFields(extra: Buffer): () => number {
  let at = 0
  while (at + 4 <= extra.length && extra.readUInt16LE(at) !== 1)
    at += 4 + extra.readUInt16LE(at + 2)
  const fields =
    at + 4 <= extra.length
      ? extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2))
      : Buffer.alloc(0)
  let next = 0
  return () => {
    if (next + 8 > fields.length) throw new ArchiveRefused('a size in its list is missing')
    next += 8
    return whole(fields.readBigUInt64LE(next - 8))
  }
}

function whole(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new ArchiveRefused(`a size in its list is ${value}, which cannot be`)
  return Number(value)
}
