import { defineConfig } from 'drizzle-kit'

const schema = ['platform', 'accounts', 'console'].map((name) => `./db/schema/${name}.ts`)

// The URL is for `npm run db:studio`, which shows platform tables. To read tenant tables, use
// `sandbox sql`, which opens a tenant transaction.
export default defineConfig({
  dialect: 'postgresql',
  schema,
  out: './drizzle/platform',
  schemaFilter: ['platform'],
  dbCredentials: { url: process.env.DATABASE_URL ?? '' },
})
