import { randomUUID } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { stateOf } from '@rowhouse/tenancy'
import { routeOf } from '#app/_http/route-of'
import { log } from '#db/log'
import { metrics } from '#db/metrics'
import { tenancy } from '#db/tenancy'
import { noteOnSpan } from '#db/tracing'

type Who = { tenantId?: string; userId?: string }
type RequestState = {
  who: Map<string, Who>
  servers: Set<Server>
  running: number
  draining: boolean
}

const state = stateOf('requests of the app', (): RequestState => ({
  who: new Map(),
  servers: new Set(),
  running: 0,
  draining: false,
}))

/** The requests of this process: who made those under way, how many there are, on which servers. */
export const requestState = (): RequestState => state(tenancy())

/** Says who made a request, for its line in the log and its trace. */
export function setRequestUser(requestId: string | null, who: Who): void {
  noteOnSpan(who)
  if (requestId && requestState().who.has(requestId)) requestState().who.set(requestId, who)
}

/**
 * Gives every request an id, which its response carries as well, and writes a line when it is over.
 * Before Next sees it.
 */
export function logRequests(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response, server } = message as {
      request: IncomingMessage
      response: ServerResponse
      server: Server
    }
    const requestId = randomUUID()
    const began = performance.now()
    const { who, servers } = requestState()
    request.headers['x-request-id'] = requestId
    response.setHeader('x-request-id', requestId)
    if (requestState().draining) response.setHeader('connection', 'close')
    servers.add(server)
    who.set(requestId, {})
    requestState().running++
    response.once('close', () => {
      requestState().running--
      const path = pathOf(request)
      const ms = performance.now() - began
      metrics(tenancy()).httpRequests.observe(
        {
          method: knownMethods.has(request.method ?? '') ? (request.method ?? '') : 'other',
          route: routeOf(new URL(request.url ?? '/', 'http://localhost').pathname),
          status: `${Math.floor(response.statusCode / 100)}xx`,
        },
        ms / 1000,
      )
      const line = {
        requestId,
        method: request.method,
        path,
        status: response.statusCode,
        ms: Math.round(ms),
        ...who.get(requestId),
      }
      who.delete(requestId)
      if (/^\/(_next\/|healthz|readyz|metrics)/.test(path)) log().debug(line, 'request')
      else log().info(line, 'request')
    })
  })
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

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
