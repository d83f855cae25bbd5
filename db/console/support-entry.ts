import type pg from 'pg'
import { newId } from '#db/id'
import { platformPool } from '#db/pools'
import type { Placement } from '#db/registry'

type SupportCaller = { token: string; tenantId: string; what: string }
type Admitted = { access_id: string; actor: string; reason: string; writes: boolean }

/**
 * Begins a transaction of support. In the main database one function checks the access and writes
 * both trails. A database of its own has no transaction in common with the audit trail: there the
 * audit row is committed first, and nothing is opened without it.
 */
export async function enterAsSupport(
  client: pg.PoolClient,
  { token, tenantId, what }: SupportCaller,
  { database, epoch }: Placement,
  statementMs: number,
): Promise<void> {
  const call = (text: string, values: unknown[]) =>
    client.query({ text, values, queryMode: 'extended' } as pg.QueryConfig)
  const begin = () => client.query(`begin; set local statement_timeout = ${statementMs}`)
  if (database === null) {
    await Promise.all([
      begin(),
      call('select tenancy.enter_as_support($1, $2, $3, $4, $5)', [
        token,
        tenantId,
        epoch,
        what,
        newId(),
      ]),
    ])
    return
  }
  const {
    rows: [admitted],
  } = await platformPool().query<Admitted>('select * from tenancy.admit_support($1, $2, $3)', [
    token,
    tenantId,
    what,
  ])
  if (!admitted) throw new Error('support was let in by nothing')
  await Promise.all([begin(), call('select tenancy.enter_own($1, $2)', [tenantId, epoch])])
  await call(
    `insert into activity (tenant_id, id, actor, deed, subject, subject_id, detail)
     select $1, $2, $3, $4, $5, $6, $7 where $8 or not exists (select from activity where tenant_id = $1 and subject_id = $6)`,
    [
      tenantId,
      newId(),
      admitted.actor,
      admitted.writes ? 'support.acted' : 'support.entered',
      admitted.reason,
      admitted.access_id,
      JSON.stringify({ what }),
      admitted.writes,
    ],
  )
  if (!admitted.writes) await client.query('set transaction read only')
}
