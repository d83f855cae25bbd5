import type { Run } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { forgetPlacement } from '#db/registry'
import { resealAll } from '#db/reseal'

export const run: Run = async () => {
  const counts = await resealAll()
  forgetPlacement()
  return {
    text: table(
      ['place', 'kept', 'sealed again'],
      counts.map(({ place, kept, resealed }) => [place, kept, resealed]),
    ),
    json: { places: counts },
  }
}
