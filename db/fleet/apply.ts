import pg from 'pg'
import { MigrationChanged, MigrationFailed, SchemaTooNew } from '#db/errors'
import type { Migration } from '#db/fleet/history'
import { runOutside } from '#db/fleet/outside'
import { closing, opening } from '#db/fleet/script'

/** How long a statement waits for a lock, and with it everybody who comes after it in the queue. */
export const lockTimeoutMs = 500

/**
 * Brings one schema to the end of a history. In: a connection that acts as the owner, the schema, all its migrations. Out: the tags
 * applied now, none when somebody else was quicker. Throws MigrationChanged, SchemaTooNew, or MigrationFailed with the statement.
 */
export async function bringUpToDate(client: pg.Client, schema: string, history: Migration[]): Promise<string[]> {
  const pending = await readPending(client, schema, history)
  return applyPending(client, schema, schema, pending)
}

/** What a schema lacks of a history, by the ledger of its own database. */
export async function readPending(client: pg.ClientBase, schema: string, history: Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<{ migration: string; sha256: string }>('select migration, sha256 from tenancy.applied where schema = $1 order by migration', [schema])
  const files = new Map(history.map((file) => [file.tag, file]))
  const unknown = rows.filter(({ migration }) => !files.has(migration)).map(({ migration }) => migration)
  if (unknown.length > 0) throw new SchemaTooNew(schema, unknown, history.at(-1)?.tag ?? 'none')
  for (const { migration, sha256 } of rows) {
    const file = files.get(migration)
    if (file && file.sha256 !== sha256) throw new MigrationChanged(migration, [schema], sha256, file.sha256)
  }
  const applied = new Set(rows.map(({ migration }) => migration))
  return history.filter(({ tag }) => !applied.has(tag))
}

/**
 * Applies files to one target: those that stand together in one transaction, the others one by one outside of any. In: `target`,
 * the name to say in errors. Out: the tags applied. A clash with another runner's ledger row is no error: what is left then is applied.
 */
export async function applyPending(client: pg.Client, schema: string, target: string, pending: Migration[], timeoutMs = lockTimeoutMs): Promise<string[]> {
  const done: string[] = []
  for (const group of grouped(pending)) {
    try {
      if (group.every(({ transactional }) => transactional)) await runTogether(client, schema, target, group, timeoutMs)
      else for (const file of group) await runOutside(client, schema, target, file)
      done.push(...group.map(({ tag }) => tag))
    } catch (error) {
      if (!(error instanceof Clash)) throw error
      return [...done, ...(await applyPending(client, schema, target, await readPending(client, schema, pending).catch(ignoreLater(pending)), timeoutMs))]
    }
  }
  return done
}

class Clash extends Error {}

/** Statement by statement, in one flight where the connection pipelines: the first that fails is known, and the rest do nothing. */
async function runTogether(client: pg.Client, schema: string, target: string, files: Migration[], timeoutMs: number): Promise<void> {
  const statements = files.flatMap((file) => file.statements.map((text) => ({ text, file })))
  const flight = [opening(schema, files, timeoutMs), ...statements.map(({ text }) => text), closing(schema, files)]
  client.connection.stream.cork()
  const running = flight.map((text) => client.query(text))
  client.connection.stream.uncork()
  const results = await Promise.allSettled(running)
  const at = results.findIndex(({ status }) => status === 'rejected')
  const failed = results[at]
  if (failed?.status !== 'rejected') return
  await client.query('rollback')
  throw explained(failed.reason, target, statements[at - 1]?.file ?? files[0], statements[at - 1]?.text ?? null)
}

function explained(reason: unknown, target: string, file: Migration | undefined, statement: string | null): unknown {
  if (!(reason instanceof pg.DatabaseError)) return reason
  if (reason.code === '23505' && reason.constraint === 'applied_pkey') return new Clash()
  return new MigrationFailed(target, file?.tag ?? '', statement, reason.code ?? null, [reason.message, reason.detail].filter(Boolean).join('; '))
}
