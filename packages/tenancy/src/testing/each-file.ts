import { createTestDatabase } from '#tenancy/testing/database'

// Runs before a test file is loaded, so that `tenancy()` uses the file's own database.
const { env } = await createTestDatabase()
Object.assign(process.env, env)
