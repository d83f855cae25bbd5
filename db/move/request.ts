import { and, eq, inArray, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { record } from '#db/console/audit'
import { connected } from '#db/connect'
import { Invalid, MoveUnderWay, NoSuchMove, SamePlace } from '#db/errors'
import { newId, privateName } from '#db/id'
import { enqueue } from '#db/jobs/queue'
import { isHere, isSamePlace, placeName } from '#db/move/ends'
import { abandonedMove, latestMove, mayAbandon, type Move } from '#db/move/ledger'
import { checkServer, survey, type Survey } from '#db/move/preflight'
import { isBefore, isLive } from '#db/move/states'
import { kindOf } from '#db/placements/create'
import { inspectServer, useServer } from '#db/placements/servers'
import { platformPool } from '#db/pools'
import { platform, type PlatformDb } from '#db/registry'
import * as schema from '#db/schema/platform'
import {
  moves,
  placements,
  servers,
  tenants,
  type MoveEnd,
  type PlacementKind,
  type Tier,
} from '#db/schema/platform'
import { decrypt, encrypt, newSecret } from '#db/secrets'

export type MoveRequest = {
  tenantId: string
  to: PlacementKind
  databaseUrl?: string
  actor: string
  reason: string
  graceHours?: number
}
type Ends = { slug: string; tier: Tier; source: MoveEnd; target: MoveEnd }

const tierOf = Object.fromEntries(
  Object.entries(kindOf).map(([tier, kind]) => [kind, tier]),
) as Record<PlacementKind, Tier>

/**
 * What the move would do and how long it may take; nothing is changed, here or there. Throws as
 * `requestMove` does.
 */
export async function planMove(
  request: MoveRequest,
): Promise<Survey & { from: string; to: string }> {
  const { source, target } = await endsOf(request, false)
  // another server was looked at just now, by its administrator
  const plan = await survey(request.tenantId, source, target, target.serverId !== null)
  const at = ({ database, schema: name }: MoveEnd) =>
    placeName({ server: null, database, schema: name })
  return {
    ...plan,
    from: at(source),
    to: request.databaseUrl
      ? `${new URL(request.databaseUrl).host}/${target.database}`
      : at(target),
  }
}

/**
 * Writes a move down and hands it to the worker, with its audit row: the tier follows the
 * placement. Two who ask for the same move at once get one. Throws SamePlace, MoveUnderWay,
 * ServerTooOld, ServerUnusable, TargetOccupied, TargetFull, VersionsDiffer or Invalid.
 */
export async function requestMove(request: MoveRequest): Promise<Move> {
  const known = await latestMove(request.tenantId)
  if (known && isLive(known.state)) return joined(known, request)
  const { slug, tier, source, target } = await endsOf(request, true)
  const { rows } = await survey(request.tenantId, source, target, false)
  const made = await write(request.tenantId, {
    source,
    target,
    tierFrom: tier,
    tierTo: tierOf[request.to],
    requestedBy: request.actor,
    reason: request.reason,
    rowsTotal: rows,
    ...(request.graceHours === undefined ? {} : { graceHours: request.graceHours }),
  })
  if (made) return made
  const other = await latestMove(request.tenantId)
  if (!other) throw new MoveUnderWay(slug, 'requested')
  return joined(other, request)
}

/**
 * Asks for the way back: a move to the old place, which still has what was there and gets what was
 * written since.
 */
export async function requestRollback(
  tenantId: string,
  slug: string,
  actor: string,
  reason: string,
): Promise<Move> {
  const first = await latestMove(tenantId)
  if (!first || first.state !== 'switched' || first.rollsBack !== null)
    throw new NoSuchMove(slug, 'rolled back', first?.state ?? 'not there')
  const [current] = await platform()
    .select()
    .from(placements)
    .where(eq(placements.tenantId, tenantId))
  const source = { ...first.target, epoch: current?.epoch ?? 0 }
  const { rows } = await survey(tenantId, source, first.source, true)
  const made = await write(tenantId, {
    source,
    target: first.source,
    tierFrom: first.tierTo,
    tierTo: first.tierFrom,
    requestedBy: actor,
    reason,
    rowsTotal: rows,
    rollsBack: first.id,
    graceHours: 0,
  })
  if (!made)
    throw new NoSuchMove(slug, 'rolled back', (await latestMove(tenantId))?.state ?? first.state)
  return made
}

/**
 * Asks for the move to be given up. Before the switch only; the worker does it at its next step,
 * and says when it was too late.
 */
export const requestAbort = (tenantId: string, slug: string, actor: string): Promise<Move> =>
  wish(tenantId, slug, 'aborted', { abortBy: actor }, (move) => isBefore(move.state), actor)

/** Gives the way back up: the old copy is removed. */
export const requestConfirm = (tenantId: string, slug: string, actor: string): Promise<Move> =>
  wish(
    tenantId,
    slug,
    'confirmed',
    { confirmBy: actor },
    (move) => move.state === 'switched',
    actor,
  )

/**
 * Has a move end that is given up or confirmed, although a server of it is gone for good: what is
 * on that server is left there.
 */
export const requestAbandon = (tenantId: string, slug: string, actor: string): Promise<Move> =>
  wish(tenantId, slug, 'abandoned', { abandonBy: actor }, mayAbandon, actor)

/**
 * Has an abandoned move end as it should have, now that its server is there again: given up, the
 * tenant is let in where it was shut; confirmed, its new place is its own; and what the move left
 * on that server is taken away. Only while no other move has come to something since.
 */
export const requestTidying = (tenantId: string, slug: string, actor: string): Promise<Move> =>
  inTransaction(async (db, client) => {
    await lockTenant(db, tenantId)
    const [move, [placement]] = [
      await abandonedMove(tenantId, db),
      await db.select().from(placements).where(eq(placements.tenantId, tenantId)),
    ]
    const [again, home] =
      move?.state === 'aborted'
        ? ['aborting' as const, move.source]
        : ['confirmed' as const, move?.target]
    if (!move || !home || !placement || !isSamePlace(placement, home))
      throw new NoSuchMove(slug, 'tidied up', (await latestMove(tenantId))?.state ?? 'not there')
    let { rollsBack } = move
    if (again === 'aborting' && rollsBack !== null) {
      // as when the way back was asked for; where the move that it rolls back has ended since, it
      // stands for itself
      const held = await db
        .update(moves)
        .set({ state: 'rolling_back', abandonBy: null })
        .where(and(eq(moves.id, rollsBack), inArray(moves.state, ['switched', 'confirmed'])))
        .returning({ id: moves.id })
      if (held.length === 0) rollsBack = null
    }
    return ask(
      db,
      client,
      move,
      'tidied up',
      { state: again, rollsBack, abandonBy: null, changedAt: new Date() },
      slug,
      actor,
    )
  })

async function wish(
  tenantId: string,
  slug: string,
  wanted: string,
  changes: Partial<Move>,
  may: (move: Move) => boolean,
  actor: string,
): Promise<Move> {
  const move = await latestMove(tenantId)
  if (!move || !may(move)) throw new NoSuchMove(slug, wanted, move?.state ?? 'not there')
  return inTransaction((db, client) => ask(db, client, move, wanted, changes, slug, actor))
}

/**
 * Changes a move that is still in the state it was read in, and hands it to the worker, with its
 * audit row.
 */
async function ask(
  db: PlatformDb,
  client: pg.PoolClient,
  move: Move,
  wanted: string,
  changes: Partial<Move>,
  slug: string,
  actor: string,
): Promise<Move> {
  const [changed] = await db
    .update(moves)
    .set({ ...changes, retryAt: sql`clock_timestamp()` })
    .where(and(eq(moves.id, move.id), eq(moves.state, move.state)))
    .returning()
  if (!changed) throw new NoSuchMove(slug, wanted, 'going on; ask again')
  await record(db, {
    actor,
    deed: `move to be ${wanted}`,
    tenantId: move.tenantId,
    detail: { move: move.id },
  })
  await enqueue(client, 'move', { moveId: move.id })
  return changed
}

/** One after the other: who asks for a new move, and who takes up an old one. */
const lockTenant = (db: PlatformDb, tenantId: string) =>
  db.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId)).for('no key update')

/** Somebody has asked already: for the same, and then it is one move, or for something else. */
async function joined(move: Move, { tenantId, to, databaseUrl }: MoveRequest): Promise<Move> {
  const same =
    isBefore(move.state) &&
    move.abortBy === null &&
    move.target.kind === to &&
    (databaseUrl === undefined || (await isAt(move.target, databaseUrl)))
  if (same) return move
  const [tenant] = await platform()
    .select({ slug: tenants.slug })
    .from(tenants)
    .where(eq(tenants.id, tenantId))
  throw new MoveUnderWay(tenant?.slug ?? tenantId, move.state)
}

async function isAt({ serverId }: MoveEnd, databaseUrl: string): Promise<boolean> {
  const { host, port, isMain } = await inspectServer(databaseUrl)
  if (isMain || serverId === null) return isMain && serverId === null
  const [server] = await platform()
    .select({ host: servers.host, port: servers.port })
    .from(servers)
    .where(eq(servers.id, serverId))
  return server?.host === host && server.port === port
}

async function endsOf({ tenantId, to, databaseUrl }: MoveRequest, prepare: boolean): Promise<Ends> {
  const [row] = await platform()
    .select({ placement: placements, slug: tenants.slug, tier: tenants.tier })
    .from(placements)
    .innerJoin(tenants, eq(tenants.id, placements.tenantId))
    .where(eq(placements.tenantId, tenantId))
  if (!row) throw new Invalid('tenant', `tenant ${tenantId} has no placement`)
  const { kind, serverId, database, schema: name, login, secret, epoch } = row.placement
  const source = { kind, serverId, database, schema: name, login, secret, epoch }
  if (databaseUrl !== undefined && to !== 'database')
    throw new Invalid(
      'databaseUrl',
      `a placement of kind ${to} is in the main database; --database-url goes with database`,
    )
  const target = await targetOf(tenantId, to, databaseUrl, source, prepare)
  if (isSamePlace(source, target))
    throw new SamePlace(row.slug, placeName({ server: null, database, schema: name }))
  return { slug: row.slug, tier: row.tier, source, target }
}

async function targetOf(
  tenantId: string,
  kind: PlacementKind,
  databaseUrl: string | undefined,
  source: MoveEnd,
  prepare: boolean,
): Promise<MoveEnd> {
  if (kind === 'shared')
    return {
      kind,
      serverId: null,
      database: null,
      schema: 'shared',
      login: null,
      secret: null,
      epoch: 0,
    }
  const name = privateName(tenantId)
  const serverId = databaseUrl === undefined ? null : await serverFor(databaseUrl, name, prepare)
  // on one server a login is one role: while the tenant still works by it, its password stays
  const password =
    source.secret !== null && source.serverId === serverId
      ? decrypt(source.secret, `placement ${tenantId}`)
      : newSecret()
  return {
    kind,
    serverId,
    database: kind === 'database' ? name : null,
    schema: name,
    login: name,
    secret: encrypt(password, `placement ${tenantId}`),
    epoch: 0,
  }
}

async function serverFor(
  databaseUrl: string,
  name: string,
  prepare: boolean,
): Promise<string | null> {
  const { host, port, isMain } = await inspectServer(databaseUrl)
  if (isMain) return null
  await connected(databaseUrl, (client) =>
    checkServer(client, { kind: 'database', server: { host, port }, database: name, schema: name }),
  )
  if (prepare) return (await useServer(databaseUrl))?.id ?? null
  const [known] = await platform()
    .select({ id: servers.id })
    .from(servers)
    .where(and(eq(servers.host, host), eq(servers.port, port)))
  return known?.id ?? newId() // a plan writes no server down, but its target is not here
}

type NewMove = Omit<typeof moves.$inferInsert, 'id' | 'tenantId'>

/**
 * Move, job, audit row and the state of a move that is rolled back: all, or none when somebody was
 * quicker.
 */
function write(tenantId: string, values: NewMove): Promise<Move | undefined> {
  return inTransaction(async (db, client) => {
    await lockTenant(db, tenantId)
    if (values.rollsBack) {
      const [first] = await db
        .update(moves)
        .set({ state: 'rolling_back' })
        .where(and(eq(moves.id, values.rollsBack), eq(moves.state, 'switched')))
        .returning({ id: moves.id })
      if (!first) return undefined
    }
    const [made] = await db
      .insert(moves)
      .values({ ...values, id: newId(), tenantId })
      .onConflictDoNothing()
      .returning()
    if (!made) return undefined
    const { source, target, tierFrom, tierTo } = values
    await record(db, {
      actor: values.requestedBy,
      deed: values.rollsBack
        ? 'move to be rolled back'
        : tierFrom === tierTo
          ? 'move requested'
          : 'tier change requested',
      tenantId,
      detail: {
        move: made.id,
        reason: values.reason,
        from: source.kind,
        to: target.kind,
        tierFrom,
        tierTo,
        sameDatabase: isHere(source, target),
      },
    })
    await enqueue(client, 'move', { moveId: made.id })
    return made
  })
}

async function inTransaction<T>(
  work: (db: PlatformDb, client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await platformPool().connect()
  try {
    await client.query('begin')
    const result = await work(drizzle(client, { schema }), client)
    await client.query('commit')
    client.release()
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {})
    client.release(true)
    throw error
  }
}
