import { createTestDatabase } from '#tenancy/testing/database'

// Before a test file is loaded: `tenancy()` then finds this file's own database.
const { env } = await createTestDatabase()
Object.assign(process.env, env)
