import { statusOf } from '#app/_http/status-of'
import 'server-only'
import { z } from 'zod'
import { setRequestUser } from '#app/_http/request-log'
import { env } from '#db/env'
import * as apiKeys from '#db/accounts/api-keys'
import {
  countCall,
  type RemainingCalls,
  type TenantTx,
  NotFound,
  NotSignedIn,
  RowhouseError,
  TooBusy,
} from '@rowhouse/tenancy'
import { withTenant, tenancy } from '#db/tenancy'
import { ForeignOrigin, KeyNotAllowed } from '#db/errors'
import { errorFields, log } from '#db/log'
import { may, type Permission } from '#db/accounts/permissions'

// API methods are made here and nowhere else: each authenticates the key, counts the call against
// the tenant's rate limit, and runs in a tenant transaction of that key.

export type Call<I> = { tx: TenantTx; input: I; key: apiKeys.ApiKeyInfo }
type Params = { params: Promise<Record<string, string | string[] | undefined>> }

const maxBodyBytes = 256 * 1024

/**
 * Makes a route handler of the API.
 * @param schema - The input: the path's parameters, with the query of a read or the JSON body of a
 *   write. Unknown fields are refused.
 * @param permission - What the key's owner needs. Everything but `tenant:read` writes, and needs a
 *   key of scope `write`.
 * @param run - Runs in a tenant transaction, and may run twice: the transaction is retried when the
 *   tenant has moved in between.
 */
export function apiKeyRoute<S extends z.ZodObject>(
  schema: S,
  permission: Permission,
  run: (
    call: Call<z.output<S>>,
  ) => Promise<{ status?: number; body: unknown; headers?: Record<string, string> }>,
) {
  return async (request: Request, { params }: Params): Promise<Response> => {
    let remaining: RemainingCalls | undefined
    const requestId = request.headers.get('x-request-id')
    try {
      refuseForeignPage(request)
      const [scheme, secret = ''] = (request.headers.get('authorization') ?? '').split(/\s+/, 2)
      const key = scheme?.toLowerCase() === 'bearer' ? await apiKeys.read(secret) : undefined
      if (!key) throw new NotSignedIn()
      setRequestUser(requestId, { tenantId: key.tenantId, userId: key.owner.id })
      // the transaction refuses a suspended tenant, whose calls are not used up
      if (!key.isSuspended) remaining = await countCall(tenancy(), key)
      const writes = permission !== 'tenant:read'
      if (writes && (key.scope !== 'write' || !may(key.role, permission)))
        throw new KeyNotAllowed(key.scope, key.role)
      const raw = {
        ...(await params),
        ...(writes ? await bodyOf(request) : Object.fromEntries(new URL(request.url).searchParams)),
      }
      const parsed = schema.strict().safeParse(raw)
      if (!parsed.success) throw new InvalidRequest(parsed.error)
      const input = parsed.data as z.output<S>
      const {
        status = 200,
        body,
        headers,
      } = await withTenant(
        { kind: 'key', key: secret, tenantId: key.tenantId, actor: key.owner },
        (tx) => run({ tx, input, key }),
      )
      return jsonResponse(status, body, { ...headers, ...rateLimitHeaders(remaining) })
    } catch (error) {
      return refusal(error, rateLimitHeaders(remaining), requestId)
    }
  }
}

/** Keys are for programs: a request from another site's page is refused. */
function refuseForeignPage(request: Request): void {
  const origin = request.headers.get('origin')
  if (origin !== null && origin !== new URL(env().APP_URL).origin)
    throw new ForeignOrigin(origin, env().APP_URL)
}

async function bodyOf(request: Request): Promise<object> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Content-Length may be missing or wrong, so the bytes are counted as they arrive
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBodyBytes) throw new BodyTooLarge(`a body has at most ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.concat(chunks).toString()))
  } catch {
    throw new BodyNotJson('the body is not a JSON object')
  }
}

class InvalidRequest extends RowhouseError {
  static override readonly code: string = 'invalid_request'
  /** The message of each invalid field. */
  readonly fields: Record<string, string>
  constructor({ issues }: z.ZodError) {
    super('The request is invalid.')
    this.fields = Object.fromEntries(
      issues.map(({ path, message }) => [path.join('.') || 'request', message]),
    )
  }
}
class BodyTooLarge extends RowhouseError {
  static override readonly code: string = 'body_too_large'
}
class BodyNotJson extends RowhouseError {
  static override readonly code: string = 'body_not_json'
}

function refusal(
  error: unknown,
  headers: Record<string, string>,
  requestId: string | null,
): Response {
  if (InvalidRequest.is(error)) return problem(400, error.message, headers, error.fields)
  if (NotSignedIn.is(error))
    return problem(401, 'There is no such key, or it is no longer valid.', {
      ...headers,
      'www-authenticate': 'Bearer',
    })
  if (RowhouseError.is(error) && statusOf(error) !== 500) {
    const wait = TooBusy.is(error) ? { 'retry-after': String(error.retryAfterSeconds) } : {}
    return problem(statusOf(error), NotFound.is(error) ? 'Not found.' : error.message, {
      ...headers,
      ...wait,
    })
  }
  log().error({ requestId, ...errorFields(error) }, 'API call failed')
  return problem(500, 'Something went wrong on our side.', headers)
}

const rateLimitHeaders = (remaining: RemainingCalls | undefined): Record<string, string> =>
  remaining
    ? {
        'ratelimit-limit': String(remaining.limit),
        'ratelimit-remaining': String(remaining.remaining),
        'ratelimit-reset': String(remaining.seconds),
      }
    : {}
const jsonResponse = (
  status: number,
  body: unknown,
  headers: Record<string, string>,
  type = 'application/json',
) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': type, 'cache-control': 'private, no-store', ...headers },
  })
const problem = (
  status: number,
  detail: string,
  headers: Record<string, string>,
  errors?: Record<string, string>,
) =>
  jsonResponse(
    status,
    { title: titles[status] ?? 'Refused', status, detail, ...(errors && { errors }) },
    headers,
    'application/problem+json',
  )
const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'No valid key',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  429: 'Too many calls',
  500: 'Error',
  503: 'Try again',
}
