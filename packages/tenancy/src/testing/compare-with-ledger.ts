import { sql } from 'drizzle-orm'
import type { Tenancy } from '#tenancy/base/tenancy'
import type { TenantTx } from '#tenancy/base/tenant-tx'
import { withTenant } from '#tenancy/context/with-tenant'
import type { Workload } from '#tenancy/testing/workload'
import type { Ledger, Mark } from '#tenancy/testing/writer'

/** The differences between a writer's ledger and the tenant's rows. A correct move has none. */
export type LedgerDifferences = {
  lost: number
  doubled: number
  resurrected: number
  examples: string[]
}

/**
 * Compares a writer's ledger with the tenant's rows, in a tenant transaction.
 * @param tenancy - The instance.
 * @param workload - The writer's workload.
 * @param tenantId - The tenant.
 * @param ledger - The ledger.
 * @returns The differences.
 */
export function compareWithLedger(
  tenancy: Tenancy,
  workload: Workload,
  tenantId: string,
  ledger: Ledger,
): Promise<LedgerDifferences> {
  const caller = {
    kind: 'service' as const,
    tenantId,
    reason: 'compare with the writer’s ledger',
  }
  return withTenant(tenancy, caller, async (tx) => {
    const differences: LedgerDifferences = { lost: 0, doubled: 0, resurrected: 0, examples: [] }
    for (const table of Object.entries(workload.marks))
      await compareTable(tx, table, ledger, differences)
    compareCounter(await workload.readCounter(tx, ledger.counter), ledger, differences)
    const orphans = await workload.countOrphans(tx)
    if (orphans > 0)
      count(differences, 'resurrected', orphans, `${orphans} rows whose document is gone`)
    return differences
  })
}

async function compareTable(
  tx: TenantTx,
  [table, column]: [string, string],
  ledger: Ledger,
  differences: LedgerDifferences,
): Promise<void> {
  const { rows } = await tx.execute<{ id: string; mark: string }>(
    sql`select id, ${sql.identifier(column)} as mark from ${sql.identifier(table)} where tenant_id = ${tx.tenantId}`,
  )
  const there = new Map(rows.map(({ id, mark }) => [id, mark]))
  if (there.size !== rows.length)
    count(differences, 'doubled', rows.length - there.size, `${table} has duplicate ids`)
  for (const [row, mark] of ledger.rows) {
    const [of, id = ''] = row.split('/')
    if (of !== table) continue
    const found = there.get(id) ?? null
    const allowed: Mark[] = [mark, ...(ledger.doubtful.get(row) ?? [])]
    if (allowed.includes(found)) continue
    if (mark === null) count(differences, 'resurrected', 1, `${row} was deleted, but has ${found}`)
    else count(differences, 'lost', 1, `${row} has ${found}, expected ${mark}`)
  }
}

function compareCounter(value: number, ledger: Ledger, differences: LedgerDifferences): void {
  const [least, most] = [ledger.counted, ledger.counted + ledger.maybeCounted]
  if (value < least)
    count(differences, 'lost', least - value, `counter at ${value}, acknowledged ${least}`)
  if (value > most)
    count(
      differences,
      'doubled',
      value - most,
      `counter at ${value}, acknowledged ${least}, unknown ${most - least}`,
    )
}

function count(
  differences: LedgerDifferences,
  what: 'lost' | 'doubled' | 'resurrected',
  by: number,
  example: string,
): void {
  differences[what] += by
  if (differences.examples.length < 5) differences.examples.push(example)
}
