import type { NextRequest } from 'next/server'
import { refuseForeignOrigin } from '#app/origin'
import { handlers } from '#app/session'
import { ForeignOrigin } from '#db/errors'

export const { GET } = handlers

export async function POST(request: NextRequest): Promise<Response> {
  try {
    refuseForeignOrigin(request.headers)
  } catch (error) {
    if (error instanceof ForeignOrigin) return Response.json({ error: error.message }, { status: error.status })
    throw error
  }
  return handlers.POST(request)
}
