import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { log } from '#db/log'
import { metricsResponse } from '#db/metrics-response'

/**
 * Serves the metrics of a process that has no other HTTP server, at `/metrics`.
 * @param port - On all interfaces, as a scraper usually runs elsewhere.
 * @returns Closes the server.
 */
export async function serveMetrics(port: number): Promise<() => void> {
  const server = createServer((request, response) => {
    const known = request.method === 'GET' && request.url === '/metrics'
    const answer = known
      ? metricsResponse(request.headers.authorization)
      : Promise.resolve(new Response('Not found.', { status: 404 }))
    answer
      .then((made) => send(response, made))
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

async function send(response: ServerResponse, made: Response): Promise<void> {
  response.writeHead(made.status, Object.fromEntries(made.headers))
  response.end(await made.text())
}
