import { operatorStream } from '#app/_http/operator-stream'
import { readRunView } from '@rowhouse/tenancy/migrations'
import { tenancy } from '#db/tenancy'

export const GET = async (
  request: Request,
  { params }: RouteContext<'/console/fleet/runs/[id]/stream'>,
) => {
  const { id } = await params
  return operatorStream(request, () => readRunView(tenancy(), id))
}
