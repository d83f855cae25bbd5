import { sql } from 'drizzle-orm'
import { type TokenCaller, withTenant } from '#tenancy/testing/fixture/tenancy'

// An app in another process that runs SQL which an attacker has injected into a request. The first
// argument is the caller as JSON, the others are statements.
const [caller = '', ...statements] = process.argv.slice(2)

await withTenant(JSON.parse(caller) as TokenCaller, async (tx) => {
  for (const statement of statements) await tx.execute(sql.raw(statement))
})
