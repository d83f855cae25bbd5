import { connect, createServer, type Socket } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

type Upstream = { host: string; port: number; oneWayMs: number }
type Delivery = { due: number; deliver: () => void }

/**
 * Starts a TCP proxy that delays every packet by half a round trip. It runs in its own thread, so
 * that the clients' work does not add to the delay.
 *
 * @returns The proxy's port on 127.0.0.1.
 */
export async function startDelayProxy(
  host: string,
  port: number,
  roundTripMs: number,
): Promise<{ port: number; close: () => Promise<number> }> {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { host, port, oneWayMs: roundTripMs / 2 } satisfies Upstream,
  })
  const listening = await new Promise<number>((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  )
  return { port: listening, close: () => worker.terminate() }
}

if (!isMainThread && parentPort && 'oneWayMs' in workerData) serve(workerData as Upstream)

function serve({ host, port, oneWayMs }: Upstream): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  const pending: Delivery[] = [] // in order, as the delay is constant
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host, port, noDelay: true })
    forward(near, far)
    forward(far, near)
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address && typeof address === 'object') parentPort?.postMessage(address.port)
  })

  function forward(from: Socket, to: Socket): void {
    from.on('data', (data) => send(() => to.writable && to.write(data)))
    from.on('end', () => send(() => to.end()))
    from.on('error', () => to.destroy())
    from.on('close', () => send(() => to.destroy()))
  }

  function send(deliver: () => void): void {
    pending.push({ due: performance.now() + oneWayMs, deliver })
    if (pending.length === 1) setImmediate(deliverDue)
  }

  // timers are too coarse for half a millisecond, so this polls every 50 µs
  function deliverDue(): void {
    while (pending[0] && pending[0].due <= performance.now()) pending.shift()?.deliver()
    if (pending.length === 0) return
    Atomics.wait(pause, 0, 0, 0.05)
    setImmediate(deliverDue)
  }
}
