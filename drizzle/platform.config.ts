import { defineConfig } from 'drizzle-kit'

const schema = ['platform', 'accounts', 'console'].map((name) => `./db/schema/${name}.ts`)

// The address is for `npm run db:studio`, which shows the platform; tenant tables are looked at
// through a tenant transaction, with `sandbox sql`.
export default defineConfig({
  dialect: 'postgresql',
  schema,
  out: './drizzle/platform',
  schemaFilter: ['platform'],
  dbCredentials: { url: process.env.DATABASE_URL ?? '' },
})
