import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'

let worker: ChildProcess | undefined
let database: ReturnType<typeof forwarder> | undefined
afterEach(() => {
  worker?.kill('SIGKILL')
  database?.close()
})

/** Forwards connections to the database of this test file while it is open. */
function forwarder() {
  const { hostname, port } = new URL(process.env.DATABASE_URL ?? '')
  const sockets = new Set<net.Socket>()
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => [near, far].map((end) => end.destroy()))
    }
    near.pipe(far)
    far.pipe(near)
  })
  return {
    open: async (at: number) => {
      server.listen(at, '127.0.0.1')
      await once(server, 'listening')
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  return port
}

test('a worker waits for its database, at the start and later, and its probes tell', async () => {
  const [databasePort, port] = [await freePort(), await freePort()]
  database = forwarder()
  const forwarded = Object.entries(process.env)
    .filter(([name]) => name.endsWith('DATABASE_URL'))
    .map(([name, url]) => {
      const other = new URL(url ?? '')
      other.host = `127.0.0.1:${databasePort}`
      return [name, other.href]
    })
  worker = spawn(process.execPath, ['db/worker.ts'], {
    env: {
      ...process.env,
      ...Object.fromEntries(forwarded),
      WORKER_PORT: String(port),
      METRICS_TOKEN: 'a token of the worker test',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = Promise.all([text(worker.stdout!), text(worker.stderr!)])
  const status = async (path: string) =>
    (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined))?.status
  const becomes = async (path: string, expected: number) => {
    await expect.poll(() => status(path), { timeout: 20_000 }).toBe(expected)
  }

  await becomes('/healthz', 200)
  expect(await status('/readyz')).toBe(503)
  await database.open(databasePort)
  await becomes('/readyz', 200)
  expect(await status('/metrics')).toBe(401)
  expect(await status('/')).toBe(404)

  database.close()
  await becomes('/readyz', 503)
  await new Promise((resolve) => setTimeout(resolve, 2000))
  expect(await status('/healthz')).toBe(200)
  await database.open(databasePort)
  await becomes('/readyz', 200)
  await new Promise((resolve) => setTimeout(resolve, 6000))

  const ended = once(worker, 'exit')
  worker.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  const lines = (await output).join('').trim().split('\n')
  const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
  expect(lines.filter((line) => line.includes('task failed'))).toEqual([])
  // which database it waits for
  expect(lines.find((line) => line.includes('start-up checks'))).toContain(
    `Cannot reach 127.0.0.1:${databasePort}, database`,
  )
  // A task that was interrupted may log its own line, and a connection from before may fail once more.
  expect([...new Set(messages.filter((message) => /database|worker/.test(message)))]).toEqual([
    'the database does not answer; the start-up checks are repeated until it does',
    'the database answers',
    'worker started',
    'the database does not answer; all tasks wait for it',
    'the database answers again',
    'worker is stopping',
    'worker stopped',
  ])
})
