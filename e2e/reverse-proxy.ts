import { once } from 'node:events'
import { createServer, request as send } from 'node:http'

/** A reverse proxy on `localhost`, whose target may change between two requests. */
export type ReverseProxy = { url: string; target: number; close: () => void }

/**
 * Starts a reverse proxy.
 * @param options.host - The Host header that it sends instead of the browser's.
 */
export async function startReverseProxy(
  port: number,
  { target, host }: { target: number; host?: string },
): Promise<ReverseProxy> {
  const server = createServer((request, response) => {
    const forwarded = send(
      {
        host: '127.0.0.1',
        port: proxy.target,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, ...(host && { host }) },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    ).on('error', () => response.destroy())
    request.pipe(forwarded)
  }).listen(port)
  await once(server, 'listening')
  const proxy: ReverseProxy = {
    url: `http://localhost:${port}`,
    target,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return proxy
}
