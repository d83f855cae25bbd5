import { operatorJson } from '#app/_http/operator-stream'
import { readMoveView } from '@rowhouse/tenancy/moves'
import { tenancy } from '#db/tenancy'

export const GET = async (_: Request, { params }: RouteContext<'/console/moves/[id]/state'>) => {
  const { id } = await params
  return operatorJson(() => readMoveView(tenancy(), id))
}
