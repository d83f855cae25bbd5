import { operatorStream } from '#app/_http/operator-stream'
import { readMoveView } from '@rowhouse/tenancy/moves'
import { tenancy } from '#db/tenancy'

export const GET = async (
  request: Request,
  { params }: RouteContext<'/console/moves/[id]/stream'>,
) => {
  const { id } = await params
  return operatorStream(request, () => readMoveView(tenancy(), id))
}
