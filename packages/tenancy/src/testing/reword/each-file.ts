import '#tenancy/testing/reword/errors'
import '#tenancy/testing/each-file'
import pg from 'pg'
import { withConnection } from '#tenancy/base/connect'

/** The columns with texts for people. */
const columns = {
  data_steps: ['problem'],
  dedicated_databases: ['problem'],
  erasures: ['problem'],
  exports: ['message'],
  failed_migrations: ['message'],
  migration_runs: ['message'],
  move_events: ['detail'],
  moves: ['error', 'status_detail'],
  retention_runs: ['message'],
  tasks: ['error'],
}

// Processes that a test starts replace messages too.
process.env.NODE_OPTIONS = `--import ${new URL('errors.ts', import.meta.url).href}`

// Replaces every text that is written to these columns, unless it is empty.
await withConnection(process.env.DATABASE_URL ?? '', async (admin) => {
  for (const [table, names] of Object.entries(columns)) {
    const body = names
      .map((name) => pg.escapeIdentifier(name))
      .map((name) => `if new.${name} <> '' then new.${name} := 'lorem ipsum'; end if;`)
    await admin.query(`
      create function tenancy.reword_${table}() returns trigger language plpgsql as 'begin ${body.join(' ').replaceAll("'", "''")} return new; end';
      create trigger reword before insert or update on tenancy.${table} for each row execute function tenancy.reword_${table}()`)
  }
})
