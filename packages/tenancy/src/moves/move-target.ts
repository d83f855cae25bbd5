import { and, eq } from 'drizzle-orm'
import { withConnection } from '#tenancy/base/connect'
import { Invalid } from '#tenancy/base/errors'
import { SameLocation } from '#tenancy/moves/errors'
import { newId, privateName } from '#tenancy/base/ids'
import { type Tenancy, type PlacementKind } from '#tenancy/base/tenancy'
import { isSameLocation, locationName } from '#tenancy/moves/move-ends'
import { checkServer } from '#tenancy/moves/preflight'
import { inspectServer, useServer } from '#tenancy/placements/servers'
import { platform } from '#tenancy/registry/placements'
import { placements, servers, tenants, type MoveEnd } from '#tenancy/base/schema'
import { decrypt, encrypt, newSecret } from '#tenancy/base/encryption'

export type MoveRequest = {
  tenantId: string
  /** The kind of placement to move to. */
  to: PlacementKind
  /** The tier after the switch. Defaults to the present tier. */
  tier?: string
  /** An administrator's URL for another server, if `to` is `database`. */
  databaseUrl?: string
  /** The requester, for the audit trail. */
  actor: string
  reason: string
  /** How long the old copy is kept after the switch. Defaults to 72 hours. */
  graceHours?: number
}

type Ends = { slug: string; tier: string; source: MoveEnd; target: MoveEnd }

/**
 * Determines the two ends of a requested move.
 * @param options.registerServer - True to prepare and register the server of `databaseUrl`; false
 *   for a dry run, which changes nothing there.
 * @throws Invalid, SameLocation, ServerTooOld, ServerUnusable, TargetOccupied or TargetFull
 */
export async function resolveEnds(
  tenancy: Tenancy,
  { tenantId, to, databaseUrl }: MoveRequest,
  { registerServer }: { registerServer: boolean },
): Promise<Ends> {
  const [row] = await platform(tenancy)
    .select({ placement: placements, slug: tenants.slug, tier: tenants.tier })
    .from(placements)
    .innerJoin(tenants, eq(tenants.id, placements.tenantId))
    .where(eq(placements.tenantId, tenantId))
  if (!row) throw new Invalid('tenant', `tenant ${tenantId} has no placement`)
  const { kind, serverId, database, schema, login, secret, epoch } = row.placement
  const source = { kind, serverId, database, schema, login, secret, epoch }
  if (databaseUrl !== undefined && to !== 'database')
    throw new Invalid(
      'databaseUrl',
      `a placement of kind ${to} is always in the main database; use --database-url with --to database`,
    )
  const target =
    to === 'shared'
      ? sharedEnd
      : dedicatedEnd(tenancy, source, {
          tenantId,
          kind: to,
          serverId:
            databaseUrl === undefined
              ? null
              : await serverFor(tenancy, {
                  databaseUrl,
                  name: privateName(tenantId),
                  registerServer,
                }),
        })
  if (isSameLocation(source, target))
    throw new SameLocation(row.slug, locationName({ server: null, database, schema }))
  return { slug: row.slug, tier: row.tier, source, target }
}

const sharedEnd: MoveEnd = {
  kind: 'shared',
  serverId: null,
  database: null,
  schema: 'shared',
  login: null,
  secret: null,
  epoch: 0,
}

function dedicatedEnd(
  tenancy: Tenancy,
  source: MoveEnd,
  {
    tenantId,
    kind,
    serverId,
  }: { tenantId: string; kind: 'schema' | 'database'; serverId: string | null },
): MoveEnd {
  const name = privateName(tenantId)
  // a server has one role per tenant, so its password must not change while the source still uses
  // it
  const password =
    source.secret !== null && source.serverId === serverId
      ? decrypt(tenancy, source.secret, `placement ${tenantId}`)
      : newSecret()
  return {
    kind,
    serverId,
    database: kind === 'database' ? name : null,
    schema: name,
    login: name,
    secret: encrypt(tenancy, password, `placement ${tenantId}`),
    epoch: 0,
  }
}

/** Finds the id of the server of a URL. Null for the main server. */
async function serverFor(
  tenancy: Tenancy,
  {
    databaseUrl,
    name,
    registerServer,
  }: { databaseUrl: string; name: string; registerServer: boolean },
): Promise<string | null> {
  const { host, port, isMain } = await inspectServer(tenancy, databaseUrl)
  if (isMain) return null
  await withConnection(databaseUrl, (client) =>
    checkServer(client, { kind: 'database', server: { host, port }, database: name, schema: name }),
  )
  if (registerServer) return (await useServer(tenancy, databaseUrl))?.id ?? null
  const [known] = await platform(tenancy)
    .select({ id: servers.id })
    .from(servers)
    .where(and(eq(servers.host, host), eq(servers.port, port)))
  return known?.id ?? newId() // a dry run does not register the server, but needs an id for it
}

/**
 * True if an end of a move is on the server of a URL.
 * @param databaseUrl - An administrator's URL for the server.
 * @throws Invalid, ServerTooOld or ServerUnusable
 */
export async function isAt(
  tenancy: Tenancy,
  { serverId }: MoveEnd,
  databaseUrl: string,
): Promise<boolean> {
  const { host, port, isMain } = await inspectServer(tenancy, databaseUrl)
  if (isMain || serverId === null) return isMain && serverId === null
  const [server] = await platform(tenancy)
    .select({ host: servers.host, port: servers.port })
    .from(servers)
    .where(eq(servers.id, serverId))
  return server?.host === host && server.port === port
}
