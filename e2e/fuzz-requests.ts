import { readFileSync } from 'node:fs'
import net from 'node:net'

// Generates malicious and malformed values, the same for the same seed, and sends them over a raw
// socket: browsers and `fetch` would normalise them.

export type Random = { below: (n: number) => number; one: <T>(list: readonly T[]) => T }

/** A seeded random number generator (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  return { below, one: (list) => list[below(list.length)] as (typeof list)[number] }
}

const known = [
  '',
  ' ',
  '\0',
  'a\0b',
  '%00',
  '%',
  '%zz',
  '%E0%A4%A',
  '../../../../etc/passwd',
  '..%2f..%2f',
  '..;/',
  '.',
  '..',
  '//',
  '/\\evil.example',
  'null',
  'undefined',
  'NaN',
  'true',
  '[object Object]',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '-1',
  '0',
  '1e309',
  '-0',
  '99999999999999999999',
  '9223372036854775808',
  '2147483648',
  '0x10',
  '1_000',
  '١٢٣',
  '1,5',
  '1e-400',
  `' or 1=1 --`,
  `'; drop table orders; --`,
  `" union select 1`,
  `\\'; select pg_sleep(9); --`,
  '$1',
  '$$',
  '${7*7}',
  '{{7*7}}',
  '<%= 7*7 %>',
  '`id`',
  '$(id)',
  '; ls',
  '| ls',
  'a\r\nSet-Cookie: x=y',
  'a\nb',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  'data:text/html,x',
  '<!--',
  ']]>',
  '&lt;',
  '\u202egnp.exe',
  '\ufeff',
  '\ud800',
  '\udfff\ud800',
  '👩‍👩‍👧‍👦'.repeat(20),
  'İ',
  'ß',
  'ﬃ',
  'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢',
  '=1+1',
  '+1',
  '-1+1',
  '@sum(1)',
  '\t=1',
  '\r=1',
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("http://evil.example")',
  '01a2060b-1936-7b76-be35-4d04e7a7fc17',
  '00000000-0000-0000-0000-000000000000',
  '{01a2060b-1936-7b76-be35-4d04e7a7fc17}',
  'https://evil.example',
  '//evil.example',
  '/\\/evil.example',
  'https:evil.example',
  '/%2f%2fevil.example',
  'http://localhost@evil.example',
  '\\\\evil.example',
  '/orders/../../evil',
  '2026-02-30',
  '0000-00-00',
  '+275760-09-13',
  '-271821-04-20',
  '9999-12-31T23:59:60Z',
  'infinity',
  'now()',
  'a'.repeat(255),
  'a'.repeat(256),
  'ä'.repeat(4000),
  '%'.repeat(500),
  '('.repeat(300),
  '{'.repeat(300),
  `${'a.'.repeat(400)}a`,
  '(a+)+$',
  'eyJhbGciOiJub25lIn0..',
  'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0..AAAA.BBBB.CCCC',
  `rowhouse_${'a'.repeat(43)}`,
  'A'.repeat(43),
  '.'.repeat(100),
] as const

const alphabets = [
  'abcXYZ019-_',
  ' \t\n\r\0\u0001\u007f',
  '%/\\?#&=;:@[]{}()<>"\'`|^~*+,.!$',
  'äßéñ中文日本語한국어עבריתالعربية',
  '\u200b\u200d\ufe0f\u0301\u202e\ufffd\uffff',
  '😀👍🏽🇩🇪',
]

/** A known malicious text or a random one, of at most `maxLength` characters. */
export function maliciousText(random: Random, maxLength = 5000): string {
  if (random.below(3) > 0) return random.one(known).slice(0, maxLength)
  const characters = Array.from(random.one(alphabets) + random.one(alphabets))
  return Array.from({ length: Math.min(maxLength, random.one([1, 3, 8, 40, 300])) }, () =>
    random.one(characters),
  ).join('')
}

/** A malicious JSON value. */
export function maliciousJson(random: Random): unknown {
  const generators: (() => unknown)[] = [
    () => maliciousText(random),
    () => null,
    () => random.one([true, false]),
    () => random.one([-1, 0, 1.5, 1e308, -1e308, 2 ** 53, 1e-320, 2147483648]),
    () => [],
    () => ({}),
    () => [maliciousText(random), null, {}],
    () => ({ [maliciousText(random, 60)]: maliciousText(random) }),
    () => ({ __proto__: { admin: true }, constructor: { prototype: {} } }),
    () => Array.from({ length: 2000 }, () => 0),
    () => nested(random.one([10, 200, 3000])),
    () => 'x'.repeat(random.one([70_000, 300_000])),
    () => Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])),
    () => '$1',
    () => '$Q0',
    () => '$K1',
    () => '$F1',
    () => '$@1',
    () => '$undefined',
    () => '$n99999999999999999999',
    () => '$D2026-99-99',
    () => '$1:constructor:constructor',
    () => '$B0',
    () => ({ then: '$1:__proto__:then' }),
  ]
  return random.one(generators)()
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value }
  return value
}

export type RawRequest = {
  method: string
  path: string
  headers: Record<string, string>
  body?: string | Buffer
}
export type RawResponse = { status: number; headers: string; body: string; ms: number }

/**
 * Sends a request over a raw socket.
 *
 * @returns Status 0 when the server closed the connection without a response, -1 when there was
 *   none within 20 seconds.
 */
export function send(
  port: number,
  { method, path, headers, body = '' }: RawRequest,
): Promise<RawResponse> {
  const startedAt = performance.now()
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body)
  const lines = Object.entries({
    host: `localhost:${port}`,
    connection: 'close',
    ...(bytes.length > 0 && { 'content-length': String(bytes.length) }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`)
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    const socket = net.connect({ port, host: '127.0.0.1' })
    const done = (status?: number) => {
      clearTimeout(timer)
      socket.destroy()
      const text = Buffer.concat(parts).toString('utf8')
      const [head = '', ...rest] = text.split('\r\n\r\n')
      resolve({
        status: status ?? Number(/^HTTP\/1\.\d (\d+)/.exec(head)?.[1] ?? 0),
        headers: head,
        body: rest.join('\r\n\r\n'),
        ms: performance.now() - startedAt,
      })
    }
    const timer = setTimeout(() => done(parts.length > 0 ? undefined : -1), 20_000)
    socket
      .on('data', (part: Buffer) => void parts.push(part))
      .on('end', () => done())
      .on('error', () => done())
    socket.write(
      Buffer.concat([
        Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`),
        bytes,
      ]),
    )
  })
}

export type ServerAction = { id: string; name: string; path: string }

/** The server actions of the production build, each with a page that it can be posted to. */
export function builtActions(): ServerAction[] {
  type ActionManifest = {
    node: Record<string, { exportedName: string; workers: Record<string, unknown> }>
  }
  const { node } = JSON.parse(
    readFileSync('.next/server/server-reference-manifest.json', 'utf8'),
  ) as ActionManifest
  return Object.entries(node).map(([id, { exportedName, workers }]) => {
    const [worker = ''] = Object.keys(workers)
    const parts = worker
      .replace(/^app\//, '')
      .replace(/\/?page$/, '')
      .split('/')
      .filter((part) => part && !/^\(.*\)$/.test(part))
    return {
      id,
      name: exportedName,
      path: `/${parts.map((part) => (part.startsWith('[') ? '01a2060b-1936-7b76-be35-4d04e7a7fc17' : part)).join('/')}`,
    }
  })
}

/** The resident memory of a process in megabytes; undefined on systems without /proc. */
export function memoryOf(pid: number): number | undefined {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return undefined
  }
}
