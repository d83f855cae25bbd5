import { operatorJson } from '#app/_http/operator-stream'
import { readRunView } from '@rowhouse/tenancy/migrations'
import { tenancy } from '#db/tenancy'

export const GET = async (
  _: Request,
  { params }: RouteContext<'/console/fleet/runs/[id]/state'>,
) => {
  const { id } = await params
  return operatorJson(() => readRunView(tenancy(), id))
}
