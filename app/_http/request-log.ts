import { randomUUID } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { log } from '#db/log'
import { noteOnSpan } from '#db/tracing'

type Who = { tenantId?: string; userId?: string }
type Seen = { who: Map<string, Who>; servers: Set<Server>; running: number; draining: boolean }
const held = globalThis as typeof globalThis & { rowhouseSeen?: Seen }

/** The requests of this process: who made those under way, how many there are, on which servers. */
export const seen = (): Seen =>
  (held.rowhouseSeen ??= { who: new Map(), servers: new Set(), running: 0, draining: false })

/** Says who made a request, for its line in the log and its trace. */
export function noteWho(requestId: string | null, who: Who): void {
  noteOnSpan(who)
  if (requestId && seen().who.has(requestId)) seen().who.set(requestId, who)
}

/**
 * Gives every request an id, which its response carries as well, and writes a line when it is over.
 * Before Next sees it.
 */
export function watchRequests(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response, server } = message as {
      request: IncomingMessage
      response: ServerResponse
      server: Server
    }
    const requestId = randomUUID()
    const began = performance.now()
    const { who, servers } = seen()
    request.headers['x-request-id'] = requestId
    response.setHeader('x-request-id', requestId)
    if (seen().draining) response.setHeader('connection', 'close')
    servers.add(server)
    who.set(requestId, {})
    seen().running++
    response.once('close', () => {
      seen().running--
      const path = pathOf(request)
      const line = {
        requestId,
        method: request.method,
        path,
        status: response.statusCode,
        ms: Math.round(performance.now() - began),
        ...who.get(requestId),
      }
      who.delete(requestId)
      if (/^\/(_next\/|healthz|readyz|metrics)/.test(path)) log().debug(line, 'request')
      else log().info(line, 'request')
    })
  })
}

/** The path without its query; what could be a secret link in it is left out, ids stay. */
const pathOf = ({ url = '' }: IncomingMessage) =>
  (url.split('?')[0] ?? '')
    .slice(0, 300)
    .split('/')
    .map((part) =>
      part.length > 20 && !/^[0-9a-f-]{36}$/.test(part) && !/\.(js|css|woff2)$/.test(part)
        ? ':long'
        : part,
    )
    .join('/')
