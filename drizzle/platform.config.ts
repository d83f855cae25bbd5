import { defineConfig } from 'drizzle-kit'

const schema = ['platform', 'accounts', 'console'].map((name) => `./db/schema/${name}.ts`)

export default defineConfig({ dialect: 'postgresql', schema, out: './drizzle/platform', schemaFilter: ['platform'] })
