import type { NextRequest } from 'next/server'
import { refuseForeignOrigin } from '#app/origin'
import { handlers, namesAddress } from '#app/session'
import { ForeignOrigin } from '#db/errors'

export async function GET(request: NextRequest): Promise<Response> {
  // next-auth answers 500: passwords come by POST, and here by an action alone
  if (request.nextUrl.pathname.endsWith('/callback/credentials'))
    return new Response(null, { status: 404 })
  return namesAddress(request) ? handlers.GET(request) : refusal()
}

export async function POST(request: NextRequest): Promise<Response> {
  try {
    refuseForeignOrigin(request.headers)
  } catch (error) {
    if (error instanceof ForeignOrigin)
      return Response.json({ error: error.message }, { status: error.status })
    throw error
  }
  return namesAddress(request) ? handlers.POST(request) : refusal()
}

const refusal = () => Response.json({ error: 'callbackUrl is not an address' }, { status: 400 })
