import { sql } from 'drizzle-orm'
import { type Actor, type Entry, newId, secretHash } from '@rowhouse/tenancy'
import { activity } from '#db/schema/tenant'

/** An operator who visits as support. `what` names the page or action, for the audit trail. */
export type SupportCaller = {
  kind: 'support'
  token: string
  tenantId: string
  actor: Actor
  what: string
}

/**
 * Admits an operator with an open support access, and audits every transaction. The tenant's activity
 * records the first transaction of each access, and every one that may write.
 */
export const supportEntry: Entry<SupportCaller> = {
  functions: {
    'tenancy.check_support(bytea,uuid,text)': 'platform',
    'tenancy.enter_as_support(bytea,uuid,bigint,integer,text)': 'tenant',
  },
  enter: ({ token, what }, { tenantId, epoch, statementMs }) => ({
    text: 'select * from tenancy.enter_as_support($1, $2, $3, $4, $5)',
    values: [secretHash(token), tenantId, epoch, statementMs, what],
  }),
  check: ({ token, tenantId, what }) => ({
    text: 'select * from tenancy.check_support($1, $2, $3)',
    values: [secretHash(token), tenantId, what],
  }),
  async entered(tx, { what }, row) {
    const { access_id: accessId, actor, reason, writes } = row
    const seen = sql`exists (select from ${activity} where ${activity.tenantId} = ${tx.tenantId} and ${activity.subjectId} = ${accessId}::uuid)`
    await tx.execute(sql`
      insert into ${activity} (tenant_id, id, actor, action, subject, subject_id, detail)
      select ${tx.tenantId}, ${newId()}, ${actor}, ${writes ? 'support.acted' : 'support.entered'}, ${reason}, ${accessId}::uuid, ${JSON.stringify({ what })}::jsonb
      where ${writes}::boolean or not ${seen}`)
  },
}
