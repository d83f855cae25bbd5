import { operatorStream } from '#app/operator-stream'
import { readRunView } from '#db/fleet/view'

export const GET = async (
  request: Request,
  { params }: RouteContext<'/console/fleet/runs/[id]/stream'>,
) => {
  const { id } = await params
  return operatorStream(request, () => readRunView(id))
}
