import { lineOf } from './syntax.mjs'

/** A tenant migration runs in many schemas: a name bound to "public" would quietly mean another schema's table. */
export function checkMigrations({ path, text }) {
  return [...text.matchAll(/"public"\s*\.|\bpublic\s*\.\s*["a-z_]/gi)].map((found) => ({
    path,
    line: lineOf(text, found.index),
    why: `${found[0].trim()} binds this migration to one schema; npm run db:generate strips it`,
  }))
}
