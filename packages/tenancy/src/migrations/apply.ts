import type pg from 'pg'
import { rollBack, withTransaction } from '#tenancy/base/with-transaction'
import { MigrationChanged, MigrationFailed, SchemaTooNew } from '#tenancy/migrations/errors'
import { LedgerConflict, toMigrationError } from '#tenancy/migrations/explain-failure'
import type { Migration } from '#tenancy/migrations/history'
import { applyNonTransactional } from '#tenancy/migrations/non-transactional'
import { transactionPreamble } from '#tenancy/migrations/script'

/** How long a statement waits for a lock, and with it everybody who comes after it in the queue. */
export const lockTimeoutMs = 500

/**
 * Brings one schema to the end of a history. In: a connection that acts as the owner, the schema,
 * all its migrations. Out: the tags applied now, none when somebody else was quicker. Throws
 * MigrationChanged, SchemaTooNew, or MigrationFailed with the statement.
 */
export async function bringUpToDate(
  client: pg.Client,
  schema: string,
  history: Migration[],
): Promise<string[]> {
  const pending = await readPending(client, schema, history)
  return applyPending(client, schema, schema, pending)
}

/** What a schema lacks of a history, by the ledger of its own database. */
export async function readPending(
  client: pg.ClientBase,
  schema: string,
  history: Migration[],
): Promise<Migration[]> {
  const ledger = await readLedger(client, schema)
  const files = new Set(history.map(({ tag }) => tag))
  const unknown = [...ledger.keys()].filter((tag) => !files.has(tag))
  if (unknown.length > 0) throw new SchemaTooNew(schema, unknown, history.at(-1)?.tag ?? 'none')
  return lacking(ledger, schema, history)
}

/**
 * Applies files to one target: those that stand together in one transaction, the others one by one
 * outside of any. In: `target`, the name to say in errors. Out: the tags applied. A clash with
 * another runner's ledger row is no error: what is left then is applied.
 */
export async function applyPending(
  client: pg.Client,
  schema: string,
  target: string,
  pending: Migration[],
  timeoutMs = lockTimeoutMs,
): Promise<string[]> {
  const done: string[] = []
  for (const group of grouped(pending)) {
    try {
      if (group.every(({ transactional }) => transactional))
        await applyInOneTransaction(client, schema, target, group, timeoutMs)
      else
        for (const file of group)
          await applyNonTransactional(client, schema, target, file, timeoutMs)
      done.push(...group.map(({ tag }) => tag))
    } catch (error) {
      if (!(error instanceof LedgerConflict)) throw error
      const left = lacking(await readLedger(client, schema), schema, pending)
      return [...done, ...(await applyPending(client, schema, target, left, timeoutMs))]
    }
  }
  return done
}

async function readLedger(client: pg.ClientBase, schema: string): Promise<Map<string, string>> {
  const { rows } = await client.query<{ migration: string; sha256: string }>(
    'select migration, sha256 from tenancy.applied_migrations where schema = $1 order by migration',
    [schema],
  )
  return new Map(rows.map(({ migration, sha256 }) => [migration, sha256]))
}

function lacking(ledger: Map<string, string>, schema: string, files: Migration[]): Migration[] {
  for (const { tag, sha256 } of files) {
    const applied = ledger.get(tag)
    if (applied !== undefined && applied !== sha256)
      throw new MigrationChanged(tag, [schema], applied, sha256)
  }
  return files.filter(({ tag }) => !ledger.has(tag))
}

/** Neighbours that may share a transaction; a file that may not stands alone. */
function grouped(files: Migration[]): Migration[][] {
  const groups: Migration[][] = []
  for (const file of files) {
    const last = groups.at(-1)
    if (last && file.transactional && last[0]?.transactional) last.push(file)
    else groups.push([file])
  }
  return groups
}

/**
 * In one message; when that fails, once more statement by statement, so that the error can name the
 * one that did it.
 */
async function applyInOneTransaction(
  client: pg.Client,
  schema: string,
  target: string,
  files: Migration[],
  timeoutMs: number,
): Promise<void> {
  const statements = files.flatMap((file) => file.statements.map((text) => ({ text, file })))
  const begin = transactionPreamble(schema, files, timeoutMs)
  try {
    // a statement may end in a comment
    await client.query([begin, ...statements.map(({ text }) => text), 'commit'].join('\n;\n'))
  } catch (reason) {
    await rollBack(client)
    const error = toMigrationError(reason, target, files[0], null)
    if (!MigrationFailed.is(error)) throw error
    await applyStatementByStatement(client, target, begin, statements)
  }
}

async function applyStatementByStatement(
  client: pg.Client,
  target: string,
  begin: string,
  statements: { text: string; file: Migration }[],
): Promise<void> {
  let step: (typeof statements)[number] | undefined
  try {
    const run = async () => {
      for (step of statements) await client.query(step.text)
    }
    await withTransaction(client, run, { begin })
  } catch (reason) {
    throw toMigrationError(reason, target, step?.file ?? statements[0]?.file, step?.text ?? null)
  }
}
