import { rotateEncryptionKey } from '@rowhouse/tenancy/data'
import type { RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async () => {
  const columns = await rotateEncryptionKey(tenancy())
  return {
    text: table(
      ['column', 'secrets', 're-encrypted'],
      columns.map(({ column, secrets, rotated }) => [column, secrets, rotated]),
    ),
    json: { columns },
  }
}
