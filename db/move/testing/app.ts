import { createInterface } from 'node:readline'
import { sql } from 'drizzle-orm'
import { withTenant } from '#db/door'
import { newId } from '#db/id'

// An app in a process of its own: writes one row for each line that it is told, and says so when it
// was acknowledged.
const [token = '', tenantId = '', userId = ''] = process.argv.slice(2)

for await (const word of createInterface({ input: process.stdin })) {
  await withTenant({ kind: 'session', token, tenantId, actor: { id: userId, name: 'app' } }, (tx) =>
    tx.execute(
      sql`insert into activity (tenant_id, id, actor, deed, subject) values (${tenantId}, ${newId()}, 'app', 'wrote', ${word})`,
    ),
  )
  console.log(`wrote ${word}`)
}
