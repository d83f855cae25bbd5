import { execFileSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ArchiveRefused } from '#tenancy/data/errors'
import { ZipReader, type ZipLimits } from '#tenancy/data/zip/zip-reader'
import { ZipWriter } from '#tenancy/data/zip/zip-writer'
import { writeLikeMacOs } from '#tenancy/testing/archives'

const limits: ZipLimits = { files: 100, bytes: 1_000_000_000, ratio: 200 }
let folder: string

beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'rowhouse-zip-'))))
afterAll(() => rm(folder, { recursive: true }))

async function* inPieces(text: string, size = 4099): AsyncGenerator<Buffer> {
  const whole = Buffer.from(text)
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size)
}

async function archive(files: Record<string, string>, name = 'a.zip'): Promise<string> {
  const path = join(folder, name)
  const zip = new ZipWriter(createWriteStream(path))
  for (const [file, content] of Object.entries(files)) await zip.add(file, inPieces(content))
  await zip.finish()
  return path
}

async function contentOf(path: string): Promise<Record<string, string>> {
  const zip = await ZipReader.open(path, limits)
  const found: Record<string, string> = {}
  for (const name of zip.files.keys()) found[name] = (await buffer(zip.content(name))).toString()
  return found
}

const python = (code: string, ...args: string[]) =>
  execFileSync('python3', ['-c', code, ...args], { encoding: 'utf8' })
const has = (command: string, ...args: string[]) => {
  try {
    return execFileSync(command, args).length > 0
  } catch {
    return false
  }
}

const files = {
  'manifest.json': '{}',
  'ndjson/empty.ndjson': '',
  'ndjson/long.ndjson': '{"a":"ü€😀"}\n'.repeat(40_000),
}

describe('an archive', () => {
  it('contains the files that were added', async () => {
    expect(await contentOf(await archive(files))).toEqual(files)
  })

  it('has the same bytes for the same files', async () => {
    expect(await readFile(await archive(files))).toEqual(await readFile(await archive(files)))
  })

  it('that cannot be written rejects with the cause, even in the middle of a file', async () => {
    const nowhere = new ZipWriter(createWriteStream(join(folder, 'nowhere', 'a.zip')))
    const endless = async function* () {
      for (;;) yield Buffer.alloc(65_536)
    }
    await expect(nowhere.add('a.txt', endless())).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('rejects with the error of its content', async () => {
    const zip = new ZipWriter(createWriteStream(join(folder, 'broken.zip')))
    const failing = async function* () {
      yield Buffer.from('a')
      throw new RangeError('broken')
    }
    await expect(zip.add('a.txt', failing())).rejects.toThrow(RangeError)
    zip.abort()
  })

  it.skipIf(!has('unzip', '-v'))('passes the test of unzip', async () => {
    expect(execFileSync('unzip', ['-t', await archive(files)], { encoding: 'utf8' })).toContain(
      'No errors detected',
    )
  })

  it.skipIf(!has('python3', '--version'))('is read by Python', async () => {
    const sizes = python(
      'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint([i.file_size for i in z.infolist()])',
      await archive(files),
    )
    expect(JSON.parse(sizes)).toEqual(Object.values(files).map((text) => Buffer.byteLength(text)))
  })
})

describe('an archive of another program is read', () => {
  it('from macOS, which adds a folder, extra files and data descriptors', async () => {
    const path = join(folder, 'mac.zip')
    await writeLikeMacOs(path, 'acme 2', new Map(Object.entries(files)))
    expect(await contentOf(path)).toEqual(files)
  })

  it.skipIf(!has('python3', '--version'))('from Python, compressed or not', async () => {
    const path = join(folder, 'python.zip')
    python(
      `import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\nz.writestr('a.txt', 'x' * 1000)\nz.writestr('b.txt', 'y', compress_type=0)\nz.close()`,
      path,
    )
    expect(await contentOf(path)).toEqual({ 'a.txt': 'x'.repeat(1000), 'b.txt': 'y' })
  })

  it.skipIf(!has('zip', '-v'))('from zip, with its entries for folders', async () => {
    const from = join(folder, 'unpacked')
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(from, name)), { recursive: true })
      await writeFile(join(from, name), content)
    }
    execFileSync('zip', ['-qr', '../zip.zip', '.'], { cwd: from })
    expect(await contentOf(join(folder, 'zip.zip'))).toEqual(files)
  })

  it.skipIf(!has('python3', '--version'))('with sizes in ZIP64 form', async () => {
    const path = join(folder, 'zip64.zip')
    python(
      `import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w')\nwith z.open('a.txt', 'w', force_zip64=True) as f: f.write(b'hello')\nz.close()`,
      path,
    )
    expect(await contentOf(path)).toEqual({ 'a.txt': 'hello' })
  })
})

describe('an archive is refused', () => {
  /** Reads all of it. */
  const refusal = async (path: string, given = limits): Promise<string> => {
    try {
      const zip = await ZipReader.open(path, given)
      for (const name of zip.files.keys()) for await (const _ of zip.content(name)) continue
      return 'accepted'
    } catch (error) {
      if (ArchiveRefused.is(error)) return error.why
      throw error
    }
  }
  const patched = async (
    name: string,
    patch: (bytes: Buffer) => Buffer | void,
    content: Record<string, string> = { 'a.txt': 'hello hello hello', 'b.txt': 'there' },
  ) => {
    const bytes = await readFile(await archive(content, name))
    const path = join(folder, name)
    await writeFile(path, patch(bytes) ?? bytes)
    return refusal(path)
  }
  const renamed = (from: string, to: string) => (bytes: Buffer) =>
    Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')
  /** Where the entry of a file begins in the list of files. */
  const listEntry = (bytes: Buffer, name: string) => bytes.lastIndexOf(name) - 46

  it('when it is not an archive, or does not exist', async () => {
    const path = join(folder, 'none.zip')
    for (const text of ['this is a letter', '']) {
      await writeFile(path, text)
      expect(await refusal(path)).toContain('it cannot be read')
    }
    expect(await refusal(join(folder, 'missing.zip'))).toContain('ENOENT')
  })

  it('when it is truncated at any byte, or has bytes after its end', async () => {
    const bytes = await readFile(await archive({ 'a.txt': 'hello', 'b.txt': 'there' }))
    const path = join(folder, 'cut.zip')
    for (let length = 0; length < bytes.length; length++) {
      await writeFile(path, bytes.subarray(0, length))
      expect(await refusal(path)).not.toBe('accepted')
    }
    await writeFile(path, Buffer.concat([bytes, Buffer.from('more')]))
    expect(await refusal(path)).not.toBe('accepted')
  })

  it.each(['/a.txt', '../aa', 'c:\\aa', 'a/../', 'a/..', './aa', 'é.tx', 'a.tx\0', '.aaa'])(
    'for the name %j',
    async (name) => {
      const same = Buffer.byteLength(name)
      const plain = `${'q'.repeat(same - 3)}.tx`
      expect(
        await patched('name.zip', renamed(plain, Buffer.from(name).toString('latin1')), {
          [plain]: 'x',
        }),
      ).not.toBe('accepted')
    },
  )

  it('for two files of the same name, ignoring case', async () => {
    expect(await patched('twice.zip', renamed('b.txt', 'A.txt'))).toContain('A.txt is in it twice')
  })

  it('for content that differs from the list', async () => {
    const content = 30 + 5
    expect(
      await patched(
        'damaged.zip',
        (bytes) => void bytes.writeUInt8(bytes.readUInt8(content) ^ 4, content),
      ),
    ).toContain('a.txt')
    for (const size of [5, 500])
      expect(
        await patched(
          'size.zip',
          (bytes) => void bytes.writeUInt32LE(size, listEntry(bytes, 'a.txt') + 24),
        ),
      ).toContain('a.txt cannot be read')
    expect(
      await patched(
        'checksum.zip',
        (bytes) => void bytes.writeUInt32LE(1, listEntry(bytes, 'a.txt') + 16),
      ),
    ).toContain('a.txt is damaged')
    expect(
      await patched('other.zip', (bytes) => void bytes.write('z.txt', bytes.indexOf('a.txt'))),
    ).toContain('but there is "z.txt"')
  })

  it('for files that share their bytes', async () => {
    expect(
      await patched('shared.zip', (bytes) => {
        const first = bytes.readUInt32LE(listEntry(bytes, 'a.txt') + 42)
        bytes.writeUInt32LE(first, listEntry(bytes, 'b.txt') + 42)
      }),
    ).toMatch(/begins inside another file|but there is/)
    expect(
      await patched('longer.zip', (bytes) => {
        bytes.writeUInt32LE(60, listEntry(bytes, 'a.txt') + 20)
      }),
    ).toContain('b.txt begins inside another file')
  })

  it('for encryption, and for a method that is not deflate', async () => {
    const set = (offset: number, value: number) =>
      patched(
        'method.zip',
        (bytes) => void bytes.writeUInt16LE(value, listEntry(bytes, 'a.txt') + offset),
      )
    expect(await set(8, 0x801)).toContain('a.txt is encrypted')
    expect(await set(10, 93)).toContain('a.txt is compressed with method 93')
  })

  it('for too many files, too many bytes, or a compression ratio that only a bomb has', async () => {
    const path = await archive({ 'a.txt': 'x'.repeat(100), 'b.txt': 'y' }, 'much.zip')
    expect(await refusal(path, { ...limits, files: 1 })).toContain('2 files, more than 1')
    expect(await refusal(path, { ...limits, bytes: 100 })).toContain('larger than 100 bytes')
    const bomb = join(folder, 'bomb.zip')
    const zip = new ZipWriter(createWriteStream(bomb))
    await zip.add(
      'a.txt',
      (async function* () {
        for (let i = 0; i < 1100; i++) yield Buffer.alloc(65_536)
      })(),
    )
    await zip.finish()
    expect(await refusal(bomb)).toMatch(/times its compressed size, more than 200/)
  })

  it('for a list that claims more files than there are', async () => {
    expect(
      await patched('count.zip', (bytes) => void bytes.writeUInt16LE(3, bytes.length - 22 + 10)),
    ).toContain('its list of files is not in order')
  })
})
