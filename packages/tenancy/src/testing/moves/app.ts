import { createInterface } from 'node:readline'
import { withTenant } from '#tenancy/testing/fixture/tenancy'
import { insertNote } from '#tenancy/testing/fixture/test-tenants'

// An app in a process of its own: writes one note for each line that it is told, and says so when
// it was acknowledged.
const [token = '', tenantId = '', personId = ''] = process.argv.slice(2)

for await (const word of createInterface({ input: process.stdin })) {
  await withTenant({ kind: 'token', token, tenantId, actor: { id: personId, name: 'app' } }, (tx) =>
    insertNote(tx, word, 'app'),
  )
  console.log(`wrote ${word}`)
}
