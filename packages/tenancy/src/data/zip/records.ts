// The records of a ZIP archive (PKWARE APPNOTE 6.3.10), always in their ZIP64 form, names in UTF-8.

/**
 * One file: where its header is, the CRC-32 and length of its content, and its length when packed.
 */
export type Entry = { name: string; offset: bigint; crc: number; bytes: bigint; packed: bigint }

/**
 * 45 is the version that knows ZIP64; flag 3 says that sizes follow the content, flag 11 that names
 * are UTF-8.
 */
const version = 45
const flags = 0b1000_0000_1000
const deflated = 8
/** A fixed date, 1 January 1980: an archive of the same rows is the same bytes. */
const date = 0x0021
const seeZip64 = 0xffff_ffff

export const signatures = {
  local: 0x04034b50,
  trailer: 0x08074b50,
  central: 0x02014b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  end: 0x06054b50,
}

const u16 = (value: number) => bytes(2, (to) => to.writeUInt16LE(value))
const u32 = (value: number) => bytes(4, (to) => to.writeUInt32LE(value >>> 0))
const u64 = (value: bigint) => bytes(8, (to) => to.writeBigUInt64LE(value))

function bytes(length: number, fill: (to: Buffer) => void): Buffer {
  const made = Buffer.alloc(length)
  fill(made)
  return made
}

export function localHeader(name: string): Buffer {
  const sizes = Buffer.concat([u16(1), u16(16), u64(0n), u64(0n)])
  return Buffer.concat([
    u32(signatures.local),
    u16(version),
    u16(flags),
    u16(deflated),
    u16(0),
    u16(date),
    u32(0),
    u32(seeZip64),
    u32(seeZip64),
    u16(Buffer.byteLength(name)),
    u16(sizes.length),
    Buffer.from(name),
    sizes,
  ])
}

export const trailer = ({ crc, bytes: size, packed }: Entry): Buffer =>
  Buffer.concat([u32(signatures.trailer), u32(crc), u64(packed), u64(size)])

export function centralHeader({ name, offset, crc, bytes: size, packed }: Entry): Buffer {
  const extra = Buffer.concat([u16(1), u16(24), u64(size), u64(packed), u64(offset)])
  return Buffer.concat([
    u32(signatures.central),
    u16(version),
    u16(version),
    u16(flags),
    u16(deflated),
    u16(0),
    u16(date),
    u32(crc),
    u32(seeZip64),
    u32(seeZip64),
    u16(Buffer.byteLength(name)),
    u16(extra.length),
    u16(0),
    u16(0),
    u16(0),
    u32(0),
    u32(seeZip64),
    Buffer.from(name),
    extra,
  ])
}

/**
 * The end of the archive, three records: the ZIP64 one, where that one is, and the old one that
 * points to them.
 */
export function endRecords({
  count,
  start,
  size,
}: {
  count: bigint
  start: bigint
  size: bigint
}): Buffer {
  return Buffer.concat([
    u32(signatures.end64),
    u64(44n),
    u16(version),
    u16(version),
    u32(0),
    u32(0),
    u64(count),
    u64(count),
    u64(size),
    u64(start),
    u32(signatures.locator64),
    u32(0),
    u64(start + size),
    u32(1),
    u32(signatures.end),
    u16(0),
    u16(0),
    u16(0xffff),
    u16(0xffff),
    u32(seeZip64),
    u32(seeZip64),
    u16(0),
  ])
}
