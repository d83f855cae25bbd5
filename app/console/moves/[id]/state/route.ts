import { operatorJson } from '#app/operator-stream'
import { readMoveView } from '#db/move/view'

export const GET = async (_: Request, { params }: RouteContext<'/console/moves/[id]/state'>) => {
  const { id } = await params
  return operatorJson(() => readMoveView(id))
}
