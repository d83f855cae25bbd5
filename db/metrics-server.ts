import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { log } from '#db/log'
import { metricsResponse } from '#db/metrics-response'

/**
 * Serves the metrics at `/metrics`, for a process without an HTTP server of its own.
 *
 * @param port - Listens on all interfaces, because scrapers usually run on another machine.
 * @returns A function that closes the server.
 */
export async function serveMetrics(port: number): Promise<() => void> {
  const server = createServer((request, response) => {
    const isMetrics = request.method === 'GET' && request.url === '/metrics'
    const pending = isMetrics
      ? metricsResponse(request.headers.authorization)
      : Promise.resolve(new Response('Not found.', { status: 404 }))
    pending
      .then((result) => send(response, result))
      .catch((error: unknown) => {
        log().error({ err: error }, 'metrics could not be rendered')
        response.writeHead(500).end()
      })
  }).listen(port)
  await once(server, 'listening')
  return () => {
    server.close()
    server.closeAllConnections()
  }
}

async function send(response: ServerResponse, result: Response): Promise<void> {
  response.writeHead(result.status, Object.fromEntries(result.headers))
  response.end(await result.text())
}
