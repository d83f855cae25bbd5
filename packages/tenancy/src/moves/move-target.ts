import { and, eq } from 'drizzle-orm'
import { withConnection } from '#tenancy/base/connect'
import { Invalid } from '#tenancy/base/errors'
import { SamePlace } from '#tenancy/moves/errors'
import { newId, privateName } from '#tenancy/base/ids'
import { type Tenancy, type PlacementKind } from '#tenancy/base/tenancy'
import { isSamePlace, placeName } from '#tenancy/moves/move-ends'
import { checkServer } from '#tenancy/moves/preflight'
import { inspectServer, useServer } from '#tenancy/placements/servers'
import { platform } from '#tenancy/registry/placements'
import { placements, servers, tenants, type MoveEnd } from '#tenancy/base/schema'
import { decrypt, encrypt, newSecret } from '#tenancy/base/encryption'

export type MoveRequest = {
  tenantId: string
  to: PlacementKind
  /** The tier from the switch on; without it the tenant's tier stays. */
  tier?: string
  databaseUrl?: string
  actor: string
  reason: string
  graceHours?: number
}

type Ends = { slug: string; tier: string; source: MoveEnd; target: MoveEnd }

export async function endsOf(
  tenancy: Tenancy,
  { tenantId, to, databaseUrl }: MoveRequest,
  prepare: boolean,
): Promise<Ends> {
  const [row] = await platform(tenancy)
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
  const target = await targetOf(tenancy, tenantId, to, databaseUrl, source, prepare)
  if (isSamePlace(source, target))
    throw new SamePlace(row.slug, placeName({ server: null, database, schema: name }))
  return { slug: row.slug, tier: row.tier, source, target }
}

async function targetOf(
  tenancy: Tenancy,
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
  const serverId =
    databaseUrl === undefined ? null : await serverFor(tenancy, databaseUrl, name, prepare)
  // on one server a login is one role: while the tenant still works by it, its password stays
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

async function serverFor(
  tenancy: Tenancy,
  databaseUrl: string,
  name: string,
  prepare: boolean,
): Promise<string | null> {
  const { host, port, isMain } = await inspectServer(tenancy, databaseUrl)
  if (isMain) return null
  await withConnection(databaseUrl, (client) =>
    checkServer(client, { kind: 'database', server: { host, port }, database: name, schema: name }),
  )
  if (prepare) return (await useServer(tenancy, databaseUrl))?.id ?? null
  const [known] = await platform(tenancy)
    .select({ id: servers.id })
    .from(servers)
    .where(and(eq(servers.host, host), eq(servers.port, port)))
  return known?.id ?? newId() // a plan writes no server down, but its target is not here
}

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
