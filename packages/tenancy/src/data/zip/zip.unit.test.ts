import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ZipReader, type Limits } from '#tenancy/data/zip/read'
import { ZipWriter } from '#tenancy/data/zip/write'

const limits: Limits = { files: 100, bytes: 1_000_000_000, ratio: 200 }
let folder: string

beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'rowhouse-zip-'))))
afterAll(() => rm(folder, { recursive: true }))

async function* inPieces(text: string, size = 4099): AsyncGenerator<Buffer> {
  const whole = Buffer.from(text)
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size)
}

async function archive(files: Record<string, string>, name = 'a.zip'): Promise<string> {
  const path = join(folder, name)
  const out = createWriteStream(path)
  const zip = new ZipWriter(out)
  for (const [file, content] of Object.entries(files)) await zip.add(file, inPieces(content))
  await zip.finish()
  await new Promise((resolve) => out.end(resolve))
  return path
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
const refusal = (path: string, given = limits) =>
  ZipReader.open(path, given)
    .then(
      async (zip) => {
        for (const name of zip.files.keys()) for await (const _ of zip.content(name)) continue
        return 'accepted'
      },
      (error: Error) => error.message,
    )
    .catch((error: Error) => error.message)

describe('an archive', () => {
  const files = {
    'manifest.json': '{}',
    'ndjson/empty.ndjson': '',
    'ndjson/long.ndjson': '{"a":"ü€😀"}\n'.repeat(40_000),
  }

  it('gives back what was put in', async () => {
    const zip = await ZipReader.open(await archive(files), limits)
    const found = Object.fromEntries(
      await Promise.all(
        [...zip.files.keys()].map(async (name) => [
          name,
          (await buffer(zip.content(name))).toString(),
        ]),
      ),
    )
    expect(found).toEqual(files)
  })

  it('ends with the reason when its file fails between two pieces', async () => {
    const out = createWriteStream(join(folder, 'nowhere', 'a.zip'))
    await once(out, 'error')
    await expect(new ZipWriter(out).add('a.txt', inPieces('hello'))).rejects.toThrow('ENOENT')
  })

  it.skipIf(!has('unzip', '-v'))('is in order for unzip', async () => {
    expect(execFileSync('unzip', ['-t', await archive(files)], { encoding: 'utf8' })).toContain(
      'No errors detected',
    )
  })

  it.skipIf(!has('python3', '--version'))(
    'is read by Python, and what Python writes is read',
    async () => {
      const sizes = python(
        'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint([i.file_size for i in z.infolist()])',
        await archive(files),
      )
      expect(JSON.parse(sizes)).toEqual(Object.values(files).map((text) => Buffer.byteLength(text)))
      const path = join(folder, 'python.zip')
      python(
        `import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\nz.writestr('a.txt', 'x' * 1000)\nz.writestr('b.txt', 'y', compress_type=0)\nz.close()`,
        path,
      )
      const zip = await ZipReader.open(path, limits)
      expect((await buffer(zip.content('a.txt'))).toString()).toBe('x'.repeat(1000))
      expect((await buffer(zip.content('b.txt'))).toString()).toBe('y')
    },
  )
})

describe('refused is', () => {
  const patched = async (
    name: string,
    patch: (bytes: Buffer) => Buffer | void,
    files: Record<string, string> = { 'a.txt': 'hello hello hello', 'b.txt': 'there' },
  ) => {
    const bytes = await readFile(await archive(files, name))
    const path = join(folder, name)
    await writeFile(path, patch(bytes) ?? bytes)
    return refusal(path)
  }
  const renamed = (from: string, to: string) => (bytes: Buffer) =>
    Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')

  it('no archive at all, a part of one, or nothing', async () => {
    await writeFile(join(folder, 'none.zip'), 'this is a letter')
    expect(await refusal(join(folder, 'none.zip'))).toContain('not a ZIP archive')
    expect(await patched('cut.zip', (bytes) => bytes.subarray(0, bytes.length - 40))).toContain(
      'not a ZIP archive',
    )
    await writeFile(join(folder, 'empty.zip'), '')
    expect(await refusal(join(folder, 'empty.zip'))).toContain('not a ZIP archive')
    expect(await refusal(join(folder, 'missing.zip'))).toContain('cannot be read')
  })

  it.each(['/a.txt', '../aa', 'c:\\aa', 'a/../', 'é.tx', 'a.tx\0'])('the name %j', async (name) => {
    const same = Buffer.byteLength(name)
    const plain = `${'q'.repeat(same - 4)}.txt`
    expect(
      await patched(
        'name.zip',
        renamed(Buffer.from(plain).toString('latin1'), Buffer.from(name).toString('latin1')),
        { [plain]: 'x' },
      ),
    ).toContain('a file with the name')
  })

  it('the same name twice, in other letters too', async () => {
    expect(await patched('twice.zip', renamed('b.txt', 'A.txt'))).toContain('A.txt is in it twice')
  })

  it('content that is not what the list says', async () => {
    const first = 30 + 5 + 20 // header, name, sizes
    expect(
      await patched(
        'damaged.zip',
        (bytes) => void (bytes[first + 3] = (bytes[first + 3] ?? 0) ^ 1),
      ),
    ).toMatch(/a.txt (is damaged|cannot be unpacked|has|is larger)/)
    expect(
      await patched(
        'size.zip',
        (bytes) => void bytes.writeBigUInt64LE(5n, bytes.indexOf('a.txt', 100) + 5 + 4),
      ),
    ).toContain('larger than the 5 bytes')
    expect(
      await patched('other.zip', (bytes) => void bytes.write('z.txt', bytes.indexOf('a.txt'))),
    ).toContain('but there is "z.txt"')
  })

  it('files that share their bytes', async () => {
    expect(
      await patched(
        'shared.zip',
        (bytes) => void bytes.writeBigUInt64LE(0n, bytes.lastIndexOf('b.txt') + 5 + 20),
      ),
    ).toMatch(/begins inside another file|but there is/)
  })

  it('too much: files, bytes, or much out of little', async () => {
    const path = await archive({ 'a.txt': 'x'.repeat(100), 'b.txt': 'y' }, 'much.zip')
    expect(await refusal(path, { ...limits, files: 1 })).toContain('2 files, more than 1')
    expect(await refusal(path, { ...limits, bytes: 100 })).toContain('more than 100 bytes')
    const out = createWriteStream(join(folder, 'bomb.zip'))
    const zip = new ZipWriter(out)
    await zip.add(
      'a.txt',
      (async function* () {
        for (let i = 0; i < 1100; i++) yield Buffer.alloc(65_536)
      })(),
    )
    await zip.finish()
    await new Promise((resolve) => out.end(resolve))
    expect(await refusal(join(folder, 'bomb.zip'))).toMatch(/times its size, more than 200/)
  })
})
