import { defineConfig } from 'drizzle-kit'

// The registry in the main database. What every database has is written by hand.
export default defineConfig({
  dialect: 'postgresql',
  schema: './packages/tenancy/src/base/schema.ts',
  out: './packages/tenancy/sql/migrations',
  schemaFilter: ['tenancy'],
})
