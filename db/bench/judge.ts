import { sql } from 'drizzle-orm'
import { withTenant, type TenantTx } from '#db/door'
import type { Ledger, Mark, Row } from '#db/bench/writer'

/** What a writer's own ledger says of the rows that are there. All zero is what a move owes. */
export type Verdict = { lost: number; doubled: number; resurrected: number; examples: string[] }

const marks: Record<string, string> = {
  orders: 'note',
  order_lines: 'description',
  order_events: 'reason',
  products: 'name',
}

/**
 * Reads every row that the ledger knows where the tenant lives now, through the door, and compares.
 */
export function judge(tenantId: string, ledger: Ledger): Promise<Verdict> {
  return withTenant(
    { kind: 'service', tenantId, reason: 'compare with the writer’s ledger' },
    async (tx) => {
      const verdict: Verdict = { lost: 0, doubled: 0, resurrected: 0, examples: [] }
      for (const table of Object.keys(marks)) await judgeTable(tx, table, ledger, verdict)
      const {
        rows: [counter],
      } = await tx.execute<{ value: string }>(
        sql`select value from counters where tenant_id = ${tenantId} and name = ${ledger.counter}`,
      )
      const value = Number(counter?.value ?? 0)
      const [least, most] = [ledger.counted, ledger.counted + ledger.maybeCounted]
      if (value < least)
        note(verdict, 'lost', least - value, `counter at ${value}, acknowledged ${least}`)
      if (value > most)
        note(
          verdict,
          'doubled',
          value - most,
          `counter at ${value}, acknowledged ${least} and in doubt ${most - least}`,
        )
      const {
        rows: [orphans],
      } = await tx.execute<{ n: string }>(sql`
      select (select count(*) from order_lines as l where l.tenant_id = ${tenantId} and not exists (select from orders as o where o.tenant_id = l.tenant_id and o.id = l.order_id))
        + (select count(*) from order_events as e where e.tenant_id = ${tenantId} and not exists (select from orders as o where o.tenant_id = e.tenant_id and o.id = e.order_id)) as n`)
      if (Number(orphans?.n) > 0)
        note(verdict, 'resurrected', Number(orphans?.n), `${orphans?.n} rows whose order is gone`)
      return verdict
    },
  )
}

async function judgeTable(
  tx: TenantTx,
  table: string,
  ledger: Ledger,
  verdict: Verdict,
): Promise<void> {
  const { rows } = await tx.execute<{ id: string; mark: string }>(
    sql`select id, ${sql.identifier(marks[table] ?? '')} as mark from ${sql.identifier(table)} where tenant_id = ${tx.tenantId}`,
  )
  const there = new Map(rows.map(({ id, mark }) => [id, mark]))
  if (there.size !== rows.length)
    note(verdict, 'doubled', rows.length - there.size, `${table} has ids twice`)
  for (const [row, mark] of ledger.rows) {
    const [of, id = ''] = row.split('/')
    if (of !== table) continue
    const found = there.get(id) ?? null
    const allowed: Mark[] = [mark, ...(ledger.doubtful.get(row as Row) ?? [])]
    if (allowed.includes(found)) continue
    if (mark === null) note(verdict, 'resurrected', 1, `${row} was deleted and says ${found}`)
    else note(verdict, 'lost', 1, `${row} says ${found} and should say ${mark}`)
  }
}

function note(
  verdict: Verdict,
  what: 'lost' | 'doubled' | 'resurrected',
  by: number,
  example: string,
): void {
  verdict[what] += by
  if (verdict.examples.length < 5) verdict.examples.push(example)
}
