import { statusOf } from '#app/_http/status-of'
import { setTimeout as sleep } from 'node:timers/promises'
import { notFound } from 'next/navigation'
import 'server-only'
import { requireOperator } from '#app/_session/operator'
import { RowhouseError } from '@rowhouse/tenancy'
import * as sessions from '#db/accounts/sessions'

const lookEveryMs = 400
const looksPerCheck = 10

type Watched = { over: boolean }

/**
 * Server-sent events for an operator: what `read` says, whenever it says something new, until it is
 * over. Ends as well when the browser goes, or the operator is none any more.
 */
export async function operatorStream<T extends Watched>(
  request: Request,
  read: () => Promise<T>,
): Promise<Response> {
  const { token } = await requireOperator()
  const first = await found(read)
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const write = (text: string) => controller.enqueue(new TextEncoder().encode(text))
      try {
        await follow(first, { read, token, write, signal: request.signal })
      } catch {
        // the browser asks again, and is answered or told that there is nothing
      }
      try {
        controller.close()
      } catch {
        // the browser was quicker
      }
    },
  })
  // no-transform: a compressing server would keep events back until its buffer is full
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'private, no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  })
}

type Following<T> = {
  read: () => Promise<T>
  token: string
  write: (text: string) => void
  signal: AbortSignal
}

async function follow<T extends Watched>(
  first: T,
  { read, token, write, signal }: Following<T>,
): Promise<void> {
  let told = ''
  for (let look = 0, now = first; !signal.aborted; look++, now = await read()) {
    const text = JSON.stringify(now)
    if (text !== told) write(`data: ${text}\n\n`)
    else if (look % looksPerCheck === 0) write(': still here\n\n')
    told = text
    if (now.over) return write('event: over\ndata: {}\n\n')
    if (look % looksPerCheck === looksPerCheck - 1 && !(await sessions.read(token))?.user.operator)
      return
    await sleep(lookEveryMs, undefined, { signal }).catch(() => {}) // the loop ends with the signal
  }
}

/** The same once, as JSON, for a browser that gets no events. */
export async function operatorJson<T>(read: () => Promise<T>): Promise<Response> {
  await requireOperator()
  return Response.json(await found(read), { headers: { 'cache-control': 'private, no-store' } })
}

async function found<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (RowhouseError.is(error) && statusOf(error) === 404) notFound()
    throw error
  }
}
