import { and, eq, inArray, sql } from 'drizzle-orm'
import type { TenantTx } from '#db/door'
import { newId } from '#db/id'
import { beyond, orderBy, page, type Cursor, type Page } from '#db/keyset'
import { activity } from '#db/schema/tenant'

export const deeds = {
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
  'sample.added': 'added',
} as const
export type Deed = keyof typeof deeds

export type Entry = typeof activity.$inferSelect
export type Subject = { name: string; id: string | null }
export type ActivityFilter = { kinds: Deed[]; actor: string; search: string; size: number; cursor: Cursor | null }

/** Words in an entry are looked for this far back; older entries are reached by filters and pages. */
const searchedEntries = 20_000

/** Writes down a deed, in the transaction of the deed itself. */
export async function record(tx: TenantTx, deed: Deed, subject: Subject, detail: Record<string, unknown> = {}): Promise<void> {
  await tx.insert(activity).values({
    tenantId: tx.tenantId, id: newId(), actorId: tx.actor.id, actor: tx.actor.name, deed, subject: subject.name, subjectId: subject.id, detail,
  })
}

export async function list(tx: TenantTx, filter: ActivityFilter): Promise<Page<Entry>> {
  const ordering = { by: activity.at, id: activity.id, descending: true }
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean)
  const recent = tx.select({ id: activity.id, text: sql<string>`lower(${activity.actor} || ' ' || ${activity.subject})`.as('text') }).from(activity)
    .where(eq(activity.tenantId, tx.tenantId)).orderBy(...orderBy(ordering, null)).limit(searchedEntries).as('recent')
  const found = words.length > 0
    ? inArray(activity.id, tx.select({ id: recent.id }).from(recent).where(and(...words.map((word) => sql`strpos(${recent.text}, ${word}) > 0`))))
    : undefined
  const rows = await tx.select().from(activity)
    .where(and(
      eq(activity.tenantId, tx.tenantId),
      filter.kinds.length > 0 ? inArray(activity.deed, filter.kinds) : undefined,
      filter.actor ? eq(activity.actor, filter.actor) : undefined,
      found,
      beyond(ordering, filter.cursor),
    ))
    .orderBy(...orderBy(ordering, filter.cursor)).limit(filter.size + 1)
  return page(rows, filter.size, filter.cursor, (row) => row.at)
}

export const about = (tx: TenantTx, subjectId: string): Promise<Entry[]> =>
  tx.select().from(activity).where(and(eq(activity.tenantId, tx.tenantId), eq(activity.subjectId, subjectId)))
    .orderBy(sql`${activity.at} desc`).limit(50)
