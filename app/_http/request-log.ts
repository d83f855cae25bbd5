import { randomUUID } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { stateOf } from '@rowhouse/tenancy'
import { routeOf } from '#app/_http/route-of'
import { log } from '#db/log'
import { metrics } from '#db/metrics'
import { tenancy } from '#db/tenancy'
import { addSpanAttributes } from '#db/tracing'
import { warnAboutProxy } from '#app/_http/proxy-headers'
import { explainUnknownAction } from '#app/_http/unknown-action'

type RequestUser = { tenantId?: string; userId?: string }
type RequestState = {
  users: Map<string, RequestUser>
  servers: Set<Server>
  running: number
  draining: boolean
}

const state = stateOf('requests of the app', (): RequestState => ({
  users: new Map(),
  servers: new Set(),
  running: 0,
  draining: false,
}))

/** The running requests of this process, their users, and the servers that received them. */
export const requestState = (): RequestState => state(tenancy())

/** Sets the user of a request, for its log line and its trace. */
export function setRequestUser(requestId: string | null, user: RequestUser): void {
  addSpanAttributes(user)
  const { users } = requestState()
  if (requestId && users.has(requestId)) users.set(requestId, user)
}

/**
 * Gives every request an id before Next sees it, sets it on the response too, and logs a line when
 * the response ends.
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
    const { users, servers } = requestState()
    request.headers['x-request-id'] = requestId
    response.setHeader('x-request-id', requestId)
    if (requestState().draining) response.setHeader('connection', 'close')
    warnAboutProxy(request)
    explainUnknownAction(request, response)
    servers.add(server)
    users.set(requestId, {})
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
        ...users.get(requestId),
      }
      users.delete(requestId)
      if (/^\/(_next\/|healthz|readyz|metrics)/.test(path)) log().debug(line, 'request')
      else log().info(line, 'request')
    })
  })
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The path without its query. Long parts, which may be secret tokens, are masked; ids are kept. */
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
