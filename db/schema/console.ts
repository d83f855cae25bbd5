import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { platform, sessions, users } from '#db/schema/platform'
import { controlPlaneTable, tenants } from '@rowhouse/tenancy/schema'

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const now = sql`now()`

/**
 * An operator's access to a tenant as support, with its reason, its end, and whether it may write. It
 * is bound to one session.
 */
export const supportAccesses = platform.table(
  'support_accesses',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    sessionId: uuid('session_id').references(() => sessions.id, { onDelete: 'set null' }),
    reason: text().notNull(),
    startedAt: at('started_at').notNull().default(now),
    expiresAt: at('expires_at').notNull(),
    writes: boolean().notNull().default(false),
    endedAt: at('ended_at'),
  },
  (t) => [
    index('support_accesses_session')
      .on(t.sessionId)
      .where(sql`ended_at is null`),
    index('support_accesses_tenant').on(t.tenantId, t.startedAt),
    check('support_accesses_reason', sql`length(btrim(${t.reason})) between 1 and 500`),
    check('support_accesses_time', sql`${t.expiresAt} <= ${t.startedAt} + interval '4 hours'`),
  ],
)
controlPlaneTable(supportAccesses, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'delete',
  personal: ['reason'],
})

/**
 * The size of a tenant. The worker measures it regularly, so that lists do not query tenants' data.
 */
export const tenantSizes = platform.table('tenant_sizes', {
  tenantId: uuid('tenant_id')
    .primaryKey()
    .references(() => tenants.id, { onDelete: 'cascade' }),
  orders: bigint({ mode: 'number' }).notNull(),
  bytes: bigint({ mode: 'number' }).notNull(),
  measuredAt: at('measured_at').notNull().default(now),
})
controlPlaneTable(tenantSizes, {
  tenant: 'tenantId',
  export: 'none',
  restore: 'transfer',
  erase: 'delete',
  personal: [],
})
