import { setTimeout as sleep } from 'node:timers/promises'
import { notFound } from 'next/navigation'
import 'server-only'
import { statusOf } from '#app/_http/status-of'
import { requireOperator } from '#app/_session/operator'
import { errorFields, log } from '#db/log'
import { RowhouseError } from '@rowhouse/tenancy'
import * as sessions from '#db/accounts/sessions'

const pollEveryMs = 400
/** Every tenth poll checks whether the caller is still an operator. */
const pollsPerCheck = 10

type StreamedState = { over: boolean }

/**
 * Server-sent events for an operator: the state that `read` returns, whenever it has changed, until
 * it is over. The stream also ends when the browser disconnects, or when the caller is no longer an
 * operator.
 * @param request - Its signal ends the stream.
 * @param read - Reads the state. A 404 error of its first call becomes a 404 page.
 */
export async function operatorStream<T extends StreamedState>(
  request: Request,
  read: () => Promise<T>,
): Promise<Response> {
  const { token } = await requireOperator()
  const first = await orNotFound(read)
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const write = (text: string) => controller.enqueue(new TextEncoder().encode(text))
      try {
        await follow(first, { read, token, write, signal: request.signal })
      } catch (error) {
        // the browser reconnects, and that request fails with the proper status
        if (!request.signal.aborted)
          log().warn(errorFields(error), 'operator stream ended by an error')
      }
      try {
        controller.close()
      } catch {
        // the browser has disconnected, which closes the stream too
      }
    },
  })
  // no-transform: a compressing proxy would hold events back until its buffer is full
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'private, no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  })
}

type FollowOptions<T> = {
  read: () => Promise<T>
  token: string
  write: (text: string) => void
  signal: AbortSignal
}

async function follow<T extends StreamedState>(
  first: T,
  { read, token, write, signal }: FollowOptions<T>,
): Promise<void> {
  let sent = ''
  for (let poll = 0, state = first; !signal.aborted; poll++, state = await read()) {
    const text = JSON.stringify(state)
    if (text !== sent) write(`data: ${text}\n\n`)
    else if (poll % pollsPerCheck === 0) write(': keep-alive\n\n')
    sent = text
    if (state.over) return write('event: over\ndata: {}\n\n')
    const isCheckDue = poll % pollsPerCheck === pollsPerCheck - 1
    if (isCheckDue && !(await sessions.read(token))?.user.operator) return
    // rejects only when the signal aborts, which ends the loop
    await sleep(pollEveryMs, undefined, { signal }).catch(() => {})
  }
}

/** The same state once, as JSON, for a browser that receives no events. */
export async function operatorJson<T>(read: () => Promise<T>): Promise<Response> {
  await requireOperator()
  return Response.json(await orNotFound(read), {
    headers: { 'cache-control': 'private, no-store' },
  })
}

async function orNotFound<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (RowhouseError.is(error) && statusOf(error) === 404) notFound()
    throw error
  }
}
