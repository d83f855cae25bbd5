import { createInterface } from 'node:readline'
import { withTenant } from '#tenancy/testing/fixture/tenancy'
import { insertNote } from '#tenancy/testing/fixture/test-tenants'

// An app in another process: writes a note for each line of its input, and prints it when the write
// was acknowledged.
const [token = '', tenantId = '', personId = ''] = process.argv.slice(2)

for await (const word of createInterface({ input: process.stdin })) {
  await withTenant({ kind: 'token', token, tenantId, actor: { id: personId, name: 'app' } }, (tx) =>
    insertNote(tx, word, 'app'),
  )
  console.log(`wrote ${word}`)
}
