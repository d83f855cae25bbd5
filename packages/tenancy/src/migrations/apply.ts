import type pg from 'pg'
import { timings } from '#tenancy/base/timings'
import { rollBack, withTransaction } from '#tenancy/base/with-transaction'
import { MigrationChanged, MigrationFailed, SchemaTooNew } from '#tenancy/migrations/errors'
import { LedgerConflict, toMigrationError } from '#tenancy/migrations/explain-failure'
import type { Migration } from '#tenancy/migrations/history'
import { applyNonTransactional } from '#tenancy/migrations/non-transactional'
import { omitSharedStatistics, transactionPreamble } from '#tenancy/migrations/script'

/** The schema to migrate, and the name of its target for errors. */
export type ApplyOptions = {
  schema: string
  target: string
  /** The lock timeout of each statement. */
  timeoutMs?: number
}

/**
 * Migrates one schema to the end of a history.
 * @param client - A connection that acts as the owner.
 * @param history - All migrations of the schema, oldest first.
 * @returns The tags applied now. Empty if another runner was faster.
 * @throws MigrationChanged, SchemaTooNew, or MigrationFailed with the statement.
 */
export async function bringUpToDate(
  client: pg.Client,
  schema: string,
  history: Migration[],
): Promise<string[]> {
  const pending = await readPending(client, schema, history)
  return applyPending(client, pending, { schema, target: schema })
}

/**
 * Reads which migrations a schema lacks, from the ledger of its own database.
 * @throws MigrationChanged or SchemaTooNew
 */
export async function readPending(
  client: pg.ClientBase,
  schema: string,
  history: Migration[],
): Promise<Migration[]> {
  const ledger = await readLedger(client, schema)
  const files = new Set(history.map(({ tag }) => tag))
  const unknown = [...ledger.keys()].filter((tag) => !files.has(tag))
  if (unknown.length > 0) throw new SchemaTooNew(schema, unknown, history.at(-1)?.tag ?? 'none')
  return notApplied(ledger, schema, history)
}

/**
 * Applies files to one target: consecutive transactional files in one transaction, the others one
 * by one outside any transaction. A conflict with another runner's ledger row is not an error; the
 * files that are still pending are then applied.
 * @returns The tags applied.
 * @throws MigrationFailed
 */
export async function applyPending(
  client: pg.Client,
  pending: Migration[],
  options: ApplyOptions,
): Promise<string[]> {
  const { schema, target, timeoutMs = timings.migrationLockWait } = options
  const settings = { schema, target, timeoutMs }
  const done: string[] = []
  for (const group of groupByTransaction(pending)) {
    try {
      if (group.every(({ transactional }) => transactional))
        await applyInOneTransaction(client, group, settings)
      else
        for (const file of group) {
          await applyNonTransactional(client, file, settings)
          if (schema === 'shared') await client.query(omitSharedStatistics)
        }
      done.push(...group.map(({ tag }) => tag))
    } catch (error) {
      if (!LedgerConflict.is(error)) throw error
      const left = notApplied(await readLedger(client, schema), schema, pending)
      return [...done, ...(await applyPending(client, left, options))]
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

function notApplied(ledger: Map<string, string>, schema: string, files: Migration[]): Migration[] {
  for (const { tag, sha256 } of files) {
    const applied = ledger.get(tag)
    if (applied !== undefined && applied !== sha256)
      throw new MigrationChanged(tag, [schema], applied, sha256)
  }
  return files.filter(({ tag }) => !ledger.has(tag))
}

/** Groups consecutive transactional files. Each other file is a separate group. */
function groupByTransaction(files: Migration[]): Migration[][] {
  const groups: Migration[][] = []
  for (const file of files) {
    const last = groups.at(-1)
    if (last && file.transactional && last[0]?.transactional) last.push(file)
    else groups.push([file])
  }
  return groups
}

/**
 * Sends all statements in one message. If that fails, sends them again one by one, so that the
 * error can name the statement.
 */
async function applyInOneTransaction(
  client: pg.Client,
  files: Migration[],
  { schema, target, timeoutMs }: Required<ApplyOptions>,
): Promise<void> {
  const statements = files.flatMap((file) => file.statements.map((text) => ({ text, file })))
  const last = files.at(-1)
  if (schema === 'shared' && last) statements.push({ text: omitSharedStatistics, file: last })
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
  let current: (typeof statements)[number] | undefined
  try {
    const run = async () => {
      for (current of statements) await client.query(current.text)
    }
    await withTransaction(client, run, { begin })
  } catch (reason) {
    const file = current?.file ?? statements[0]?.file
    throw toMigrationError(reason, target, file, current?.text ?? null)
  }
}
