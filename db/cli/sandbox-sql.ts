import { sql } from 'drizzle-orm'
import type { RunCommand } from '#db/cli/commands'
import { sandboxCaller, standardInput } from '#db/cli/sandbox'
import { table } from '#db/cli/table'
import { withTenant } from '#db/tenancy'

type StatementResult = {
  sql: string
  rows: Record<string, unknown>[]
  count: number | null
  error?: string
  code?: string
}

/**
 * Runs the statements on standard input, which end with a semicolon at the end of a line. `--stacked`
 * sends the whole input as one message.
 */
export const run: RunCommand = async ({ values }) => {
  const caller = await sandboxCaller(values.as, values.tenant)
  const input = await standardInput()
  const statements = values.stacked
    ? [input]
    : input
        .split(/;[ \t]*(?:\r?\n|$)/)
        .map((part) => part.trim())
        .filter(Boolean)
  const answers: StatementResult[] = []
  let outcome = 'committed'
  try {
    await withTenant(caller, async (tx) => {
      answers.length = 0
      for (const statement of statements)
        answers.push(
          await tx.execute(sql.raw(statement)).then(
            ({ rows, rowCount }) => ({ sql: statement, rows, count: rowCount }),
            (error: unknown) => ({ sql: statement, rows: [], count: null, ...describe(error) }),
          ),
        )
    })
  } catch (error) {
    outcome = error instanceof Error ? error.message : String(error)
  }
  const text = answers
    .map((answer) => `> ${answer.sql}\n${answer.error ?? format(answer)}`)
    .join('\n\n')
  return { text: `${text}\n\n${outcome}`, json: { tenant: values.tenant, answers, outcome } }
}

function describe(error: unknown): { error: string; code?: string } {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? { code: String(cause.code) } : {}
  return { error: cause instanceof Error ? cause.message : String(cause), ...code }
}

function format({ rows, count }: StatementResult): string {
  const [first] = rows
  if (!first) return `${count ?? 0} rows`
  const head = Object.keys(first)
  return table(
    head,
    rows.map((row) =>
      head.map((name) =>
        row[name] instanceof Date || typeof row[name] !== 'object'
          ? String(row[name])
          : JSON.stringify(row[name]),
      ),
    ),
  )
}
