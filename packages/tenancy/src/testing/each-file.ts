import { createTestDatabase } from '#tenancy/testing/database'
import { openFunctions } from '#tenancy/testing/open-functions'

// Runs before a test file is loaded, so that `tenancy()` uses the file's own database.
const { env } = await createTestDatabase()
Object.assign(process.env, env)
if (process.env.OPEN_FUNCTIONS) await openFunctions(env.DATABASE_URL ?? '')
