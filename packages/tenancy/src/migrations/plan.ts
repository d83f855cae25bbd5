import type pg from 'pg'
import { readTargets, type TargetVersion } from '#tenancy/migrations/targets'
import { impactsOf } from '#tenancy/migrations/lock-analysis'
import { blocksWriters, type TableImpact } from '#tenancy/migrations/lock-levels'
import { assertCompatible } from '#tenancy/migrations/compatibility'
import {
  readHistories,
  upTo,
  type Histories,
  type Migration,
  type Plane,
} from '#tenancy/migrations/history'
import { createdTables, parseMigration, type FilePart } from '#tenancy/migrations/parse-sql'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import type { Tenancy } from '#tenancy/base/tenancy'

/** A statement that blocks writers gets a warning if a target has at least this many rows. */
const manyRows = 10_000

export type PlannedStatement = {
  text: string
  touches: (TableImpact & { blocks: boolean; rows: number; where: string | null })[]
  /** Set if writers would wait for a large table, or code of the previous release would break. */
  warning: string | null
  safer: string | null
}
export type PlannedFile = {
  migration: string
  plane: string
  targets: string[]
  transactional: boolean
  breaking: string | null
  outOfOrder: boolean
  statements: PlannedStatement[]
}

/**
 * Plans a fleet run without changing anything. For each pending file, lists the targets that lack
 * it and what each statement locks there, measured against the largest table of that name.
 * @param tenancy - The instance.
 * @param options - `to` is the last migration of the tenant history, by tag or number.
 * @returns The files to apply, in order.
 * @throws UnparsableSql, and everything that `runFleet` throws before it changes a target.
 */
export async function planMigrations(
  tenancy: Tenancy,
  { to, histories }: { to?: string; histories?: Histories } = {},
): Promise<PlannedFile[]> {
  const files = histories ?? (await readHistories(tenancy))
  const { targets, sizes } = await asOwner(
    tenancy,
    mainDatabase,
    'the main database',
    async (client) => ({
      targets: await readTargets(client, files),
      sizes: await largest(client),
    }),
  )
  assertCompatible(targets, files)
  const tenantFiles = to === undefined ? files.tenant : upTo(files.tenant, to)
  const plan: PlannedFile[] = []
  for (const file of [...files.platform, ...tenantFiles]) {
    const targetsBehind = targets.filter(
      ({ plane, lacks }) => plane === file.plane && lacks.includes(file.tag),
    )
    if (targetsBehind.length > 0)
      plan.push(await planFile(file, targetsBehind, files[file.plane as Plane], sizes))
  }
  return plan
}

type Sizes = Map<string, { rows: number; where: string }>

async function largest(client: pg.ClientBase): Promise<Sizes> {
  const { rows } = await client.query<{ table: string; rows: number; where: string }>(
    `select distinct on (c.relname) c.relname as table, c.reltuples::float8 as rows, n.nspname as where
     from pg_catalog.pg_class as c
     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and (n.nspname in ('shared', 'platform') or n.nspname ~ '^t_[0-9a-f]{32}$')
     order by c.relname, c.reltuples desc`,
  )
  return new Map(rows.map(({ table, rows, where }) => [table, { rows: Math.max(0, rows), where }]))
}

async function planFile(
  file: Migration,
  targetsBehind: TargetVersion[],
  history: Migration[],
  sizes: Sizes,
): Promise<PlannedFile> {
  const parts = await parseMigration(file)
  const created = new Set(createdTables(parts.flatMap(({ statements }) => statements)))
  const later = history.filter(({ index }) => index > file.index).map(({ tag }) => tag)
  return {
    migration: file.tag,
    plane: file.plane,
    targets: targetsBehind.map(({ name }) => name),
    transactional: file.transactional,
    breaking: file.breaking,
    outOfOrder: targetsBehind.some(({ lacks }) => later.some((tag) => !lacks.includes(tag))),
    statements: parts.map((part) => planStatement(part, created, sizes, file.breaking !== null)),
  }
}

/** A table that the same file creates is not in use yet. */
function planStatement(
  { text, statements }: FilePart,
  created: Set<string>,
  sizes: Sizes,
  announced: boolean,
): PlannedStatement {
  const isNew = ({ table }: TableImpact) => table !== null && created.has(table)
  const touches = statements.flatMap(impactsOf).map((impact) => {
    const size = impact.table !== null && !isNew(impact) ? sizes.get(impact.table) : undefined
    return {
      ...impact,
      blocks: blocksWriters(impact) && !isNew(impact),
      rows: size?.rows ?? 0,
      where: size?.where ?? null,
    }
  })
  const slow = touches.find(({ blocks, rows }) => blocks && rows >= manyRows)
  const breaking = announced ? undefined : touches.find((touch) => touch.breaks && !isNew(touch))
  const notable = touches.find(
    ({ why, rewrites, reads, breaks }) => why !== undefined && !rewrites && !reads && !breaks,
  )
  const found = slow ?? breaking ?? notable
  const extent = slow
    ? `; ${slow.table} has about ${slow.rows.toLocaleString('en')} rows in ${slow.where}`
    : ''
  return {
    text,
    touches,
    warning: found ? `${found.why ?? 'it reads the whole table'}${extent}` : null,
    safer: found?.safer ?? touches.find((touch) => touch.safer && !isNew(touch))?.safer ?? null,
  }
}
