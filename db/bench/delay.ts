import { connect, createServer, type Socket } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

type Place = { host: string; port: number; oneWayMs: number }
type Parcel = { due: number; give: () => void }

/**
 * A network of a given length in front of a server: every piece of data arrives `roundTripMs / 2`
 * after it was sent, however many are on the way. In a thread of its own, so that the clients' work
 * does not add to the distance. Returns its port and how to close it.
 */
export async function delayed(
  host: string,
  port: number,
  roundTripMs: number,
): Promise<{ port: number; close: () => Promise<number> }> {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { host, port, oneWayMs: roundTripMs / 2 } satisfies Place,
  })
  const listening = await new Promise<number>((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  )
  return { port: listening, close: () => worker.terminate() }
}

if (!isMainThread && parentPort && 'oneWayMs' in workerData) serve(workerData as Place)

function serve({ host, port, oneWayMs }: Place): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  const under: Parcel[] = [] // one delay for all, so that what was sent first is due first
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host, port, noDelay: true })
    pass(near, far)
    pass(far, near)
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address && typeof address === 'object') parentPort?.postMessage(address.port)
  })

  function pass(from: Socket, to: Socket): void {
    from.on('data', (data) => send(() => to.writable && to.write(data)))
    from.on('end', () => send(() => to.end()))
    from.on('error', () => to.destroy())
    from.on('close', () => send(() => to.destroy()))
  }

  function send(give: () => void): void {
    under.push({ due: performance.now() + oneWayMs, give })
    if (under.length === 1) setImmediate(deliver)
  }

  // Timers are too coarse for half a millisecond: look at the sockets, sleep for 50 µs, hand over
  // what is due.
  function deliver(): void {
    while (under[0] && under[0].due <= performance.now()) under.shift()?.give()
    if (under.length === 0) return
    Atomics.wait(pause, 0, 0, 0.05)
    setImmediate(deliver)
  }
}
