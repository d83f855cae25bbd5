import { and, desc, eq, gte, inArray, sql } from 'drizzle-orm'
import {
  type TenantTx,
  newId,
  beyond,
  orderBy,
  page,
  type Cursor,
  type Page,
} from '@rowhouse/tenancy'
import { activity } from '#db/schema/tenant'

export const actionLabels = {
  'order.created': 'created',
  'order.edited': 'edited',
  'order.status': 'changed the status of',
  'order.cancelled': 'cancelled',
  'orders.status': 'changed the status of',
  'orders.exported': 'exported',
  'customer.created': 'created',
  'customer.edited': 'edited',
  'customer.archived': 'archived',
  'customer.restored': 'restored',
  'product.created': 'created',
  'product.edited': 'edited',
  'product.archived': 'archived',
  'product.restored': 'restored',
  'support.entered': 'came in as support:',
  'support.acted': 'acted as support:',
  'sample.added': 'added',
  'member.invited': 'invited',
  'member.reinvited': 'invited once more',
  'invitation.revoked': 'took back the invitation of',
  'member.role': 'changed the role of',
  'member.removed': 'removed',
  'owner.made': 'handed the organisation over to',
  'settings.changed': 'changed the settings of',
  'key.created': 'created the API key',
  'key.revoked': 'revoked the API key',
  'data.exported': 'asked for an export of',
  'retention.set': 'changed how long to keep',
  'retention.confirmed': 'agreed to delete',
  'retention.dismissed': 'refused to delete',
  'retention.ran': 'deleted',
  'erasure.requested': 'asked to erase',
  'erasure.withdrawn': 'stopped the erasure of',
} as const
export type ActivityAction = keyof typeof actionLabels

export type ActivityEntry = typeof activity.$inferSelect
export type Subject = { name: string; id: string | null }
/** The filters of the activity page. */
const kinds = {
  orders: [
    'order.created',
    'order.edited',
    'order.status',
    'order.cancelled',
    'orders.status',
    'orders.exported',
  ],
  customers: ['customer.created', 'customer.edited', 'customer.archived', 'customer.restored'],
  products: ['product.created', 'product.edited', 'product.archived', 'product.restored'],
  operators: ['support.entered', 'support.acted'],
} satisfies Record<string, ActivityAction[]>

export type ActivityFilter = {
  about: keyof typeof kinds | null
  search: string
  size: number
  cursor: Cursor | null
}

/** A search covers the newest entries only. Filters and paging reach older ones. */
const searchedEntries = 20_000

/** Records an action in the transaction that performs it. */
export async function record(
  tx: TenantTx,
  action: ActivityAction,
  subject: Subject,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await tx.insert(activity).values({
    tenantId: tx.tenantId,
    id: newId(),
    actorId: tx.actor.id,
    actor: tx.actor.name,
    action,
    subject: subject.name,
    subjectId: subject.id,
    detail,
  })
}

/** A page of the activity, the newest entries first. */
export async function list(tx: TenantTx, filter: ActivityFilter): Promise<Page<ActivityEntry>> {
  const ordering = { by: activity.at, id: activity.id, descending: true }
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean)
  const found =
    words.length > 0
      ? [
          await isSearched(tx),
          ...words.map(
            (word) =>
              sql`strpos(lower(${activity.actor} || ' ' || ${activity.subject}), ${word}) > 0`,
          ),
        ]
      : []
  const rows = await tx
    .select()
    .from(activity)
    .where(
      and(
        eq(activity.tenantId, tx.tenantId),
        filter.about ? inArray(activity.action, kinds[filter.about]) : undefined,
        ...found,
        beyond(ordering, filter.cursor),
      ),
    )
    .orderBy(...orderBy(ordering, filter.cursor))
    .limit(filter.size + 1)
  return page(rows, filter.size, filter.cursor, (row) => row.at)
}

/** The condition that limits a search to the newest entries. */
async function isSearched(tx: TenantTx) {
  const [oldest] = await tx
    .select({ at: activity.at })
    .from(activity)
    .where(eq(activity.tenantId, tx.tenantId))
    .orderBy(desc(activity.at))
    .limit(1)
    .offset(searchedEntries)
  return oldest && gte(activity.at, oldest.at)
}

/** The 50 newest entries about one subject. */
export const about = (tx: TenantTx, subjectId: string): Promise<ActivityEntry[]> =>
  tx
    .select()
    .from(activity)
    .where(and(eq(activity.tenantId, tx.tenantId), eq(activity.subjectId, subjectId)))
    .orderBy(desc(activity.at))
    .limit(50)
