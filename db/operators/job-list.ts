import { sql } from 'drizzle-orm'
import { endedMoveStates } from '@rowhouse/tenancy/move-states'
import { platform } from '#db/tenancy'

export const jobStages = ['running', 'failed', 'waiting'] as const
export type JobStage = (typeof jobStages)[number]
export type Job = {
  kind: 'move' | 'fleet run' | 'export' | 'retention' | 'erasure'
  id: string
  name: string
  slug: string | null
  stage: JobStage
  /** Its progress, why it waits, or why it failed. For display only. */
  detail: string
  at: Date
}

/**
 * Lists queued, running and failed jobs of all kinds, the newest first. Failures are listed for seven
 * days.
 *
 * @param limit - The maximum number of jobs per stage.
 */
export async function listJobs(limit = 50): Promise<Job[]> {
  const { rows } = await platform().execute<Omit<Job, 'at'> & { at: string }>(sql`
    with work (kind, id, name, tenant_id, stage, detail, at) as (
      select 'move', id::text, 'Move to ' || (target ->> 'kind'), tenant_id,
        case when state = 'switched' then 'waiting' when state = 'aborted' then 'failed' else 'running' end,
        coalesce(error, case state when 'switched' then 'waits to be confirmed' else coalesce('will retry: ' || retry_error, status_detail) end), changed_at
      from tenancy.moves
      where state not in ${endedMoveStates} or (state = 'aborted' and error is not null and abort_by is null and changed_at > now() - interval '7 days')
      union all
      select 'fleet run', id::text, 'Fleet run', null,
        case state when 'requested' then 'waiting' when 'running' then 'running' else 'failed' end,
        case when state in ('failed', 'stopped') then failed || ' of ' || targets || ' targets failed' || case message when '' then '' else ': ' || message end else done || ' of ' || targets || ' targets' end,
        coalesce(ended_at, started_at, requested_at)
      from tenancy.migration_runs
      where state in ('requested', 'running') or (state in ('failed', 'stopped') and requested_at > now() - interval '7 days')
      union all
      select 'export', id::text, 'Export', tenant_id, case state when 'requested' then 'waiting' when 'running' then 'running' else 'failed' end,
        case state when 'failed' then message else rows_done || ' of ' || rows_total || ' rows' end, coalesce(ended_at, started_at, requested_at)
      from tenancy.exports
      where state in ('requested', 'running') or (state = 'failed' and requested_at > now() - interval '7 days')
      union all
      select 'retention', id::text, 'Retention', tenant_id, state, case state when 'waiting' then 'waits for the owner to agree' else '' end, coalesce(decided_at, planned_at)
      from tenancy.retention_runs
      where state in ('waiting', 'running')
      union all
      select 'erasure', id::text, 'Erasure', tenant_id, case when problem is not null then 'failed' when started_at is not null then 'running' else 'waiting' end,
        coalesce(problem, 'due ' || to_char(due_at, 'FMDD Mon YYYY')), requested_at
      from tenancy.erasures where withdrawn_at is null and ended_at is null
    ), ranked as (
      select *, row_number() over (partition by stage order by at desc) as rank from work
    )
    select r.kind, r.id, r.name, t.slug, r.stage, r.detail, r.at
    from ranked as r left join tenancy.tenants as t on t.id = r.tenant_id
    where rank <= ${limit} order by at desc`)
  return rows.map((row) => ({ ...row, at: new Date(row.at) }))
}
