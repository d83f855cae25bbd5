import type pg from 'pg'
import { readTargets, type TargetVersion } from '#tenancy/migrations/targets'
import { blocks, analyzeLocks, type TableImpact } from '#tenancy/migrations/lock-analysis'
import { assertCompatible } from '#tenancy/migrations/compatibility'
import {
  readHistories,
  upTo,
  type Histories,
  type Migration,
  type Plane,
} from '#tenancy/migrations/history'
import { bareName, plain } from '#tenancy/migrations/sql-text'
import { asOwner, mainDatabase } from '#tenancy/migrations/connections'
import type { Tenancy } from '#tenancy/base/tenancy'

/**
 * A table with this many rows somewhere makes a statement that blocks its writers worth a second
 * thought.
 */
const manyRows = 10_000

export type PlannedStatement = {
  text: string
  touches: (TableImpact & { blocks: boolean; rows: number; where: string | null })[]
  /**
   * set when writers would wait on a large table, or when code of the release before would break
   */
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
 * What a run would do: each file that some target lacks, who lacks it, and what each statement
 * locks there, measured against the largest table of that name in the fleet. Changes nothing.
 * Throws what a run would throw before it began.
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
  const wanted = [...files.platform, ...(to === undefined ? files.tenant : upTo(files.tenant, to))]
  return wanted.flatMap((file) => {
    const lacking = targets.filter(
      ({ plane, lacks }) => plane === file.plane && lacks.includes(file.tag),
    )
    return lacking.length > 0 ? [planned(file, lacking, files[file.plane as Plane], sizes)] : []
  })
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

function planned(
  file: Migration,
  lacking: TargetVersion[],
  history: Migration[],
  sizes: Sizes,
): PlannedFile {
  const made = new Set(
    file.statements
      .flatMap((text) => /^create table (?:if not exists )?(\S+)/i.exec(plain(text))?.[1] ?? [])
      .map(bareName),
  )
  const applied = history.filter(({ index }) => index > file.index).map(({ tag }) => tag)
  return {
    migration: file.tag,
    plane: file.plane,
    targets: lacking.map(({ name }) => name),
    transactional: file.transactional,
    breaking: file.breaking,
    outOfOrder: lacking.some(({ lacks }) => applied.some((tag) => !lacks.includes(tag))),
    statements: file.statements.map((text) =>
      plannedStatement(text, made, sizes, file.breaking !== null),
    ),
  }
}

/** A table that the same file makes is nobody's yet. */
function plannedStatement(
  text: string,
  made: Set<string>,
  sizes: Sizes,
  announced: boolean,
): PlannedStatement {
  const isNew = ({ table }: TableImpact) => table !== null && made.has(table)
  const touches = analyzeLocks(text).map((touch) => {
    const size = touch.table !== null && !isNew(touch) ? sizes.get(touch.table) : undefined
    return {
      ...touch,
      blocks: blocks(touch) && !isNew(touch),
      rows: size?.rows ?? 0,
      where: size?.where ?? null,
    }
  })
  const slow = touches.find((touch) => touch.blocks && touch.rows >= manyRows)
  const breaking = announced ? undefined : touches.find((touch) => touch.breaks && !isNew(touch))
  const odd = touches.find(
    ({ why, rewrites, reads, breaks }) => why !== undefined && !rewrites && !reads && !breaks,
  )
  const found = slow ?? breaking ?? odd
  const extent = slow
    ? `; ${slow.table} has about ${slow.rows.toLocaleString('en')} rows in ${slow.where}`
    : ''
  return {
    text: plain(text),
    touches,
    warning: found ? `${found.why ?? 'it goes through the whole table'}${extent}` : null,
    safer: found?.safer ?? touches.find((touch) => touch.safer && !isNew(touch))?.safer ?? null,
  }
}
