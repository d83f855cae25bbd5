import { metricsResponse } from '#db/metrics-response'

export const dynamic = 'force-dynamic'

export const GET = (request: Request): Promise<Response> =>
  metricsResponse(request.headers.get('authorization'))
