import type pg from 'pg'
import type { Histories, Plane } from '#tenancy/migrations/history'

/** One schema that a history is applied to. `name` is a tenant's slug, `shared` or `platform`. */
export type Target = {
  name: string
  plane: Plane
  schema: string
  tenantId: string | null
  dedicatedDatabase: boolean
}

export type TargetVersion = Target & {
  /** The tags of this build's history that the target lacks, in order. */
  lacks: string[]
  /** The tags that the target has and this build lacks. */
  unknown: string[]
  /** The tags whose file has changed since it was applied, with the applied hash. */
  changed: Record<string, string>
  failure: {
    migration: string
    at: Date
    attempts: number
    statement: string | null
    message: string
  } | null
  /** When its dedicated database was last inspected, and the `problem` found then. */
  seenAt: Date | null
  problem: string | null
}

type TargetRow = Omit<TargetVersion, 'lacks' | 'unknown' | 'changed'> & {
  known: string[] | null
  unknown: string[] | null
  changed: Record<string, string> | null
}

const targetsQuery = `
with file (plane, migration, sha256) as (
  select * from unnest($1::text[], $2::text[], $3::text[])
), expected as (
  select plane, count(*) as files from file group by plane
), target (name, plane, schema, tenant_id, dedicated_database, seen_at, problem) as (
  select 'platform', 'platform', 'platform', null::uuid, false, null::timestamptz, null::text
  union all
  select 'shared', 'tenant', 'shared', null, false, null, null
  union all
  select t.slug, 'tenant', p.schema, p.tenant_id, p.kind = 'database', d.seen_at, d.problem
  from tenancy.placements as p
  join tenancy.tenants as t on t.id = p.tenant_id
  left join tenancy.dedicated_databases as d on d.tenant_id = p.tenant_id and p.kind = 'database'
  where p.kind <> 'shared'
), ledger (schema, migration, sha256, dedicated_database) as (
  select schema, migration, sha256, false from tenancy.applied_migrations
  union all
  select d.schema, a.key, a.value, true
  from tenancy.dedicated_databases as d
  cross join jsonb_each_text(d.applied) as a
), had as (
  select l.schema, l.dedicated_database,
    count(f.migration) as files,
    array_agg(l.migration) filter (where f.migration is not null) as known,
    array_agg(l.migration) filter (where f.migration is null) as unknown,
    jsonb_object_agg(l.migration, l.sha256) filter (where f.sha256 <> l.sha256) as changed
  from ledger as l
  left join file as f on f.migration = l.migration and f.plane = case l.schema when 'platform' then 'platform' else 'tenant' end
  group by l.schema, l.dedicated_database
), failed as (
  select distinct on (schema) schema, jsonb_build_object('migration', migration, 'at', at, 'attempts', attempts, 'statement', statement, 'message', message) as failure
  from tenancy.failed_migrations as f
  where not exists (select from tenancy.applied_migrations as a where a.schema = f.schema and a.migration = f.migration)
  order by schema, migration
)
select t.name, t.plane, t.schema, t.tenant_id as "tenantId", t.dedicated_database as "dedicatedDatabase", t.seen_at as "seenAt", t.problem,
  case when coalesce(h.files, 0) < e.files then coalesce(h.known, '{}') end as known,
  h.unknown, h.changed, f.failure
from target as t
join expected as e on e.plane = t.plane
left join had as h on h.schema = t.schema and h.dedicated_database = t.dedicated_database
left join failed as f on f.schema = t.schema and not t.dedicated_database
order by t.plane, t.name`

/**
 * Reads every target and the migrations that it lacks, in one query. Targets in dedicated databases
 * are as they were at their last inspection.
 * @param on - A connection to the main database, as the platform role or the migrator.
 * @param histories - The histories of this build.
 * @returns The targets, sorted by plane and name.
 */
export async function readTargets(
  on: Pick<pg.ClientBase, 'query'>,
  histories: Histories,
): Promise<TargetVersion[]> {
  const files = [...histories.platform, ...histories.tenant]
  const { rows } = await on.query<TargetRow>(targetsQuery, [
    files.map(({ plane }) => plane),
    files.map(({ tag }) => tag),
    files.map(({ sha256 }) => sha256),
  ])
  return rows.map(({ known, unknown, changed, failure, ...target }) => ({
    ...target,
    lacks:
      known === null
        ? []
        : histories[target.plane].map(({ tag }) => tag).filter((tag) => !known.includes(tag)),
    unknown: unknown?.sort() ?? [],
    changed: changed ?? {},
    failure: failure && { ...failure, at: new Date(failure.at) },
  }))
}
