import type { NextRequest } from 'next/server'
import { refuseForeignOrigin } from '#app/origin'
import { handlers } from '#app/session'
import { ForeignOrigin } from '#db/errors'

export async function GET(request: NextRequest): Promise<Response> {
  // next-auth answers 500: passwords come by POST, and here by an action alone
  if (request.nextUrl.pathname.endsWith('/callback/credentials')) return new Response(null, { status: 404 })
  return handlers.GET(request)
}

export async function POST(request: NextRequest): Promise<Response> {
  try {
    refuseForeignOrigin(request.headers)
  } catch (error) {
    if (error instanceof ForeignOrigin) return Response.json({ error: error.message }, { status: error.status })
    throw error
  }
  return handlers.POST(request)
}
