import { statusOf } from '#app/_http/status-of'
import type { NextRequest } from 'next/server'
import { requireSameOrigin } from '#app/_http/same-origin'
import { handlers, hasValidCallbackUrl } from '#app/_session/session'
import { ForeignOrigin } from '#db/errors'

export async function GET(request: NextRequest): Promise<Response> {
  // next-auth would respond with 500; passwords are sent by POST, and in this app only by an action
  if (request.nextUrl.pathname.endsWith('/callback/credentials'))
    return new Response(null, { status: 404 })
  return hasValidCallbackUrl(request) ? handlers.GET(request) : refusal()
}

export async function POST(request: NextRequest): Promise<Response> {
  try {
    requireSameOrigin(request.headers)
  } catch (error) {
    if (ForeignOrigin.is(error))
      return Response.json({ error: error.message }, { status: statusOf(error) })
    throw error
  }
  return hasValidCallbackUrl(request) ? handlers.POST(request) : refusal()
}

const refusal = () => Response.json({ error: 'callbackUrl is not an address' }, { status: 400 })
