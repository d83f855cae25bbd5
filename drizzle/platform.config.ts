import { defineConfig } from 'drizzle-kit'

export default defineConfig({ dialect: 'postgresql', schema: ['./db/schema/platform.ts', './db/schema/accounts.ts'], out: './drizzle/platform', schemaFilter: ['platform'] })
