import { createTestDatabase } from '@rowhouse/tenancy/testing'

// Runs before each test file is loaded, so that its imports from #db/ use the file's own database.
const { env } = await createTestDatabase()
Object.assign(process.env, env)
