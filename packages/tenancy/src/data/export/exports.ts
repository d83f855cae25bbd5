import { and, desc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { timings } from '#tenancy/base/timings'
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core'
import { recordAudit } from '#tenancy/audit/record'
import { removeExport } from '#tenancy/data/export/files'
import { type Tenancy, type PlatformDb } from '#tenancy/base/tenancy'
import { newId } from '#tenancy/base/ids'
import { platform } from '#tenancy/registry/placements'
import { exports } from '#tenancy/base/schema'

export type Export = typeof exports.$inferSelect

/** How long an export's file is kept. */
export const keptDays = 7
/** An export that nobody has written at for so long has lost its worker. */
const lostAfter = sql`${timings.exportLease} * interval '1 millisecond'`

/**
 * Asks for an export. One at a time: while one is under way, that one is returned. In: the tenant,
 * who asks, and the id of that user if it is a member; the export ends when they may no longer have
 * it.
 */
export async function request(
  db: PlatformDb,
  tenantId: string,
  by: string,
  requesterId: string | null = null,
): Promise<Export> {
  const [made] = await db
    .insert(exports)
    .values({ id: newId(), tenantId, requestedBy: by, requesterId })
    .onConflictDoNothing()
    .returning()
  if (made) return made
  const [open] = await db
    .select()
    .from(exports)
    .where(and(eq(exports.tenantId, tenantId), inArray(exports.state, ['requested', 'running'])))
  return open ?? request(db, tenantId, by, requesterId) // it has ended between the two
}

/** The same by an operator, with the audit row. The file is for the tenant's own people. */
export const requestFor = (
  tenancy: Tenancy,
  tenantId: string,
  actor: string,
  reason: string,
): Promise<Export> =>
  platform(tenancy).transaction(async (tx) => {
    const made = await request(tx, tenantId, actor)
    await recordAudit(tx, {
      actor,
      action: 'export asked for',
      tenantId,
      detail: { export: made.id, reason },
    })
    return made
  })

/** The last exports of a tenant, newest first. */
export const list = (db: PlatformDb, tenantId: string, most = 10): Promise<Export[]> =>
  db
    .select()
    .from(exports)
    .where(eq(exports.tenantId, tenantId))
    .orderBy(desc(exports.requestedAt))
    .limit(most)

/** An export of this tenant; of another tenant it does not exist. */
export async function find(
  db: PlatformDb,
  tenantId: string,
  id: string,
): Promise<Export | undefined> {
  const [row] = await db
    .select()
    .from(exports)
    .where(and(eq(exports.id, id), eq(exports.tenantId, tenantId)))
  return row
}

/** Exports that wait for a worker, or whose worker has died. */
export const open = (db: PlatformDb): Promise<{ id: string }[]> =>
  db
    .select({ id: exports.id })
    .from(exports)
    .where(
      sql`(${exports.state} = 'requested' and ${exports.nextAttemptAt} <= clock_timestamp()) or (${exports.state} = 'running' and ${exports.seenAt} < clock_timestamp() - ${lostAfter})`,
    )
    .orderBy(exports.requestedAt)

/**
 * Takes an export for this process, or undefined when somebody else is at it or it has ended. The
 * moment of taking it is the claim: who holds an older one has lost the export to a later worker.
 */
export async function claim(db: PlatformDb, id: string): Promise<Export | undefined> {
  const [row] = await db
    .update(exports)
    // what JavaScript reads of it must be all of it
    .set({
      state: 'running',
      startedAt: sql`date_trunc('milliseconds', clock_timestamp())`,
      seenAt: sql`clock_timestamp()`,
      rowsDone: 0,
      message: '',
      attempts: sql`${exports.attempts} + 1`,
    })
    .where(
      and(
        eq(exports.id, id),
        sql`(${exports.state} = 'requested' or (${exports.state} = 'running' and ${exports.seenAt} < clock_timestamp() - ${lostAfter}))`,
      ),
    )
    .returning()
  return row
}

const held = ({ id, startedAt }: Export) =>
  and(eq(exports.id, id), eq(exports.state, 'running'), sql`${exports.startedAt} = ${startedAt}`)

/**
 * Writes something down about a running export. False when it must not go on: another worker has
 * it, its row is gone, or whoever asked may no longer have it.
 */
export async function note(
  tenancy: Tenancy,
  db: PlatformDb,
  claimed: Export,
  values: PgUpdateSetSource<typeof exports>,
): Promise<boolean> {
  const [row] = await db
    .update(exports)
    .set({ ...values, seenAt: sql`clock_timestamp()` })
    .where(
      and(
        held(claimed),
        or(
          isNull(exports.requesterId),
          tenancy.config.members.mayExport({
            tenantId: exports.tenantId,
            userId: exports.requesterId,
          }),
        ),
      ),
    )
    .returning({ id: exports.id })
  return row !== undefined
}

/**
 * Lets go of an export that was not made. False when another worker has it by now, or its row is
 * gone.
 */
export async function letGo(
  tenancy: Tenancy,
  claimed: Export,
  values: PgUpdateSetSource<typeof exports>,
): Promise<boolean> {
  const [row] = await platform(tenancy)
    .update(exports)
    .set(values)
    .where(held(claimed))
    .returning({ id: exports.id })
  return row !== undefined
}

/** Takes the files of old exports away. Returns how many. */
export async function expire(tenancy: Tenancy): Promise<number> {
  const db = platform(tenancy)
  const old = await db
    .select({ id: exports.id, tenantId: exports.tenantId })
    .from(exports)
    .where(and(eq(exports.state, 'done'), lt(exports.expiresAt, sql`clock_timestamp()`)))
  for (const { id, tenantId } of old) {
    await removeExport(tenancy, tenantId, id)
    await db.update(exports).set({ state: 'expired' }).where(eq(exports.id, id))
  }
  return old.length
}
