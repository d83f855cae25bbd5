import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { log } from '#db/log'
import { metricsResponse } from '#db/metrics-response'

/** Whether a worker is healthy, for the supervisor that restarts it. */
export type WorkerHealth = {
  /** All its queues still look for work. */
  isAlive: () => boolean
  /** It has started, is not stopping, and reaches the database. */
  isReady: () => Promise<boolean>
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics` of a worker.
 *
 * @param port - Listens on all interfaces, because probes and scrapers usually run on another machine.
 * @returns A function that closes the server.
 */
export async function serveWorker(port: number, health: WorkerHealth): Promise<() => void> {
  const server = createServer((request, response) => {
    respond(request.method, request.url, request.headers.authorization, health)
      .then((result) => send(response, result))
      .catch((error: unknown) => {
        log().error({ err: error }, 'the request of a probe failed')
        response.writeHead(500).end()
      })
  }).listen(port)
  await once(server, 'listening')
  return () => {
    server.close()
    server.closeAllConnections()
  }
}

async function respond(
  method: string | undefined,
  path: string | undefined,
  authorization: string | undefined,
  { isAlive, isReady }: WorkerHealth,
): Promise<Response> {
  const headers = { 'cache-control': 'no-store' }
  if (method !== 'GET') return new Response('Not found.', { status: 404 })
  if (path === '/metrics') return metricsResponse(authorization)
  if (path === '/healthz') {
    const alive = isAlive()
    return Response.json({ alive }, { status: alive ? 200 : 503, headers })
  }
  if (path === '/readyz') {
    const ready = await isReady()
    return Response.json({ ready }, { status: ready ? 200 : 503, headers })
  }
  return new Response('Not found.', { status: 404 })
}

async function send(response: ServerResponse, result: Response): Promise<void> {
  response.writeHead(result.status, Object.fromEntries(result.headers))
  response.end(await result.text())
}
