import { and, asc, desc, eq, isNotNull, isNull, notInArray, or, sql, type SQL } from 'drizzle-orm'
import { isId, type PlacementKind, page, type Cursor, type Page } from '@rowhouse/tenancy'
import { platform } from '#db/tenancy'
import { endedMoveStates } from '@rowhouse/tenancy/move-states'
import { tenantSizes } from '#db/schema/console'
import {
  moves,
  placements,
  servers,
  suspensions,
  tenants,
  type MoveState,
} from '@rowhouse/tenancy/schema'
import { type Tier, asTier } from '#db/tiers'

export const tenantStates = ['active', 'moving', 'suspended'] as const
export const tenantSorts = ['name', 'created', 'orders', 'size'] as const
export type TenantState = (typeof tenantStates)[number]
export type TenantSort = (typeof tenantSorts)[number]
export type TenantFilter = {
  search: string
  tier: Tier | null
  kind: PlacementKind | null
  state: TenantState | null
}
export type TenantView = {
  sort: TenantSort
  descending: boolean
  size: number
  cursor: Cursor | null
}
export type TenantRow = {
  id: string
  slug: string
  name: string
  tier: Tier
  createdAt: Date
  kind: PlacementKind
  server: string | null
  moveId: string | null
  moveState: MoveState | null
  suspended: boolean
  orders: number | null
  bytes: number | null
}

/** After the switch, the tenant is in its new placement and no longer counts as moving. */
const moving = and(isNotNull(moves.id), sql`${moves.state} <> 'switched'`)

type SortKey = {
  by: SQL
  keyOf: (row: TenantRow) => string | number
  type: SQL
  isValid: (key: string | number) => boolean
}

const sortKeys: Record<TenantSort, SortKey> = {
  name: {
    by: sql`lower(${tenants.name})`,
    keyOf: (row) => row.name.toLowerCase(),
    type: sql`text`,
    isValid: () => true,
  },
  // UUIDv7: ids sort by creation time
  created: { by: sql`${tenants.id}`, keyOf: (row) => row.id, type: sql`uuid`, isValid: isId },
  orders: {
    by: sql`coalesce(${tenantSizes.orders}, -1)`,
    keyOf: (row) => row.orders ?? -1,
    type: sql`bigint`,
    isValid: Number.isSafeInteger,
  },
  size: {
    by: sql`coalesce(${tenantSizes.bytes}, -1)`,
    keyOf: (row) => row.bytes ?? -1,
    type: sql`bigint`,
    isValid: Number.isSafeInteger,
  },
}

/** Lists a page of tenants from control-plane tables only. The worker measured their sizes. */
export async function listTenants(
  filter: TenantFilter,
  { sort, descending, size, cursor }: TenantView,
): Promise<Page<TenantRow>> {
  const key = sortKeys[sort]
  const backwards = cursor?.back ?? false
  const direction = descending === backwards ? asc : desc
  const rows = await platform()
    .select({
      id: tenants.id,
      slug: tenants.slug,
      name: tenants.name,
      tier: tenants.tier,
      createdAt: tenants.createdAt,
      kind: placements.kind,
      server: servers.name,
      moveId: moves.id,
      moveState: moves.state,
      suspended: sql<boolean>`${suspensions.id} is not null`,
      orders: tenantSizes.orders,
      bytes: tenantSizes.bytes,
    })
    .from(tenants)
    .innerJoin(placements, eq(placements.tenantId, tenants.id))
    .leftJoin(servers, eq(servers.id, placements.serverId))
    .leftJoin(suspensions, and(eq(suspensions.tenantId, tenants.id), isNull(suspensions.liftedAt)))
    .leftJoin(moves, and(eq(moves.tenantId, tenants.id), notInArray(moves.state, endedMoveStates)))
    .leftJoin(tenantSizes, eq(tenantSizes.tenantId, tenants.id))
    .where(and(matches(filter), cursor ? afterCursor(key, cursor, descending) : undefined))
    .orderBy(direction(key.by), direction(tenants.id))
    .limit(size + 1)
  return page(
    rows.map((row) => ({ ...row, tier: asTier(row.tier) })),
    size,
    cursor,
    key.keyOf,
  )
}

function afterCursor({ by, type, isValid }: SortKey, cursor: Cursor, descending: boolean): SQL {
  if (!isValid(cursor.key)) return sql`false`
  const operator = sql.raw(descending === cursor.back ? '>' : '<')
  return sql`(${by}, ${tenants.id}) ${operator} (${cursor.key}::${type}, ${cursor.id}::uuid)`
}

/** Counts the tenants that match a filter. */
export async function countTenants(filter: TenantFilter): Promise<number> {
  const [row] = await platform()
    .select({ found: sql<number>`count(*)::int` })
    .from(tenants)
    .innerJoin(placements, eq(placements.tenantId, tenants.id))
    .leftJoin(suspensions, and(eq(suspensions.tenantId, tenants.id), isNull(suspensions.liftedAt)))
    .leftJoin(moves, and(eq(moves.tenantId, tenants.id), notInArray(moves.state, endedMoveStates)))
    .where(matches(filter))
  return row?.found ?? 0
}

const stateConditions: Record<TenantState, SQL | undefined> = {
  suspended: isNotNull(suspensions.id),
  moving,
  active: and(isNull(suspensions.id), sql`(${moving}) is not true`),
}

function matches({ search, tier, kind, state }: TenantFilter): SQL | undefined {
  const words = search.toLowerCase()
  return and(
    words
      ? or(
          sql`strpos(lower(${tenants.name}), ${words}) > 0`,
          sql`strpos(${tenants.slug}, ${words}) > 0`,
        )
      : undefined,
    tier ? eq(tenants.tier, tier) : undefined,
    kind ? eq(placements.kind, kind) : undefined,
    state ? stateConditions[state] : undefined,
  )
}

/** Counts the tenants of each tier in each kind of placement. */
export const tenantCounts = (): Promise<{ tier: Tier; kind: PlacementKind; tenants: number }[]> =>
  platform()
    .select({
      tier: sql<Tier>`${tenants.tier}`,
      kind: placements.kind,
      tenants: sql<number>`count(*)::int`,
    })
    .from(tenants)
    .innerJoin(placements, eq(placements.tenantId, tenants.id))
    .groupBy(tenants.tier, placements.kind)
