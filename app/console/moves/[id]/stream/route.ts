import { operatorStream } from '#app/operator-stream'
import { readMoveView } from '#db/move/view'

export const GET = async (
  request: Request,
  { params }: RouteContext<'/console/moves/[id]/stream'>,
) => {
  const { id } = await params
  return operatorStream(request, () => readMoveView(id))
}
