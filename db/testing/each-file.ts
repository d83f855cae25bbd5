import { createTestDatabase } from '@rowhouse/tenancy/testing'

// Before a test file is loaded: what it imports from #db/ then finds this file's own database.
const { env } = await createTestDatabase()
Object.assign(process.env, env)
