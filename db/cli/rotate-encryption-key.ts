import type { Run } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { rotateEncryptionKey } from '#db/rotate-encryption-key'

export const run: Run = async () => {
  const places = await rotateEncryptionKey()
  return {
    text: table(
      ['place', 'kept', 'encrypted again'],
      places.map(({ place, kept, rotated }) => [place, kept, rotated]),
    ),
    json: { places },
  }
}
