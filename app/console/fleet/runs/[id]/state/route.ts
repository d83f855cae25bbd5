import { operatorJson } from '#app/operator-stream'
import { readRunView } from '#db/fleet/view'

export const GET = async (
  _: Request,
  { params }: RouteContext<'/console/fleet/runs/[id]/state'>,
) => {
  const { id } = await params
  return operatorJson(() => readRunView(id))
}
