import { and, desc, eq, lt, or, sql } from 'drizzle-orm'
import { platform } from '#tenancy/registry/placements'
import { audit, tenants } from '#tenancy/base/schema'
import type { Tenancy } from '#tenancy/base/tenancy'

/** A row of the audit trail. */
export type AuditRow = {
  seq: number
  at: Date
  actor: string
  action: string
  tenantId: string | null
  slug: string | null
  detail: Record<string, unknown>
  hash: string
}
/** Which rows of the audit trail to list. */
export type AuditFilter = {
  tenantId: string | null
  /** A part of the actor, action or slug, in any case; empty for all rows. */
  search: string
  /** Rows of a page. */
  size: number
  /** `next` of the previous page; null for the first one. */
  before: number | null
}

/**
 * Lists a page of the audit trail, newest rows first.
 * @param tenancy - The instance.
 * @param filter - Which rows.
 * @returns The rows, and `next`: the `before` of the next page, null on the last one.
 */
export async function listAudit(
  tenancy: Tenancy,
  filter: AuditFilter,
): Promise<{ rows: AuditRow[]; next: number | null }> {
  const { tenantId, search, size, before } = filter
  const words = search.toLowerCase()
  const rows = await platform(tenancy)
    .select({
      seq: audit.seq,
      at: audit.at,
      actor: audit.actor,
      action: audit.action,
      tenantId: audit.tenantId,
      slug: tenants.slug,
      detail: audit.detail,
      hash: sql<string>`encode(${audit.hash}, 'hex')`,
    })
    .from(audit)
    .leftJoin(tenants, eq(tenants.id, audit.tenantId))
    .where(
      and(
        tenantId ? eq(audit.tenantId, tenantId) : undefined,
        before === null ? undefined : lt(audit.seq, before),
        words
          ? or(
              sql`strpos(lower(${audit.actor} || ' ' || ${audit.action}), ${words}) > 0`,
              sql`strpos(${tenants.slug}, ${words}) > 0`,
            )
          : undefined,
      ),
    )
    .orderBy(desc(audit.seq))
    .limit(size + 1)
  return {
    rows: rows.slice(0, size),
    next: rows.length > size ? (rows[size - 1]?.seq ?? null) : null,
  }
}

/** The result of a check of the audit trail. */
export type AuditCheck = {
  rows: number
  /** The hash of the last row, in hex. */
  tip: string | null
  tookMs: number
  /** The first row that was altered, or whose predecessor is missing. */
  broken: { seq: number; actor: string; action: string; at: Date; why: string } | null
}

/**
 * Checks the whole audit trail: each row's own hash, and its link to the row before it.
 * @param tenancy - The instance.
 * @returns The first broken row, if there is one.
 */
export async function verifyAudit(tenancy: Tenancy): Promise<AuditCheck> {
  const began = performance.now()
  const {
    rows: [found],
  } = await platform(tenancy).execute<{
    rows: string
    tip: string | null
    seq: string | null
    actor: string
    action: string
    at: string
    why: string
  }>(sql`
    with link as (
      select a.*, a.hash is distinct from tenancy.audit_hash(a)
          or (a.content is distinct from tenancy.audit_content(a) and (a.actor, a.action, a.detail) is distinct from ('erased', 'erased', '{}'::jsonb)) as altered,
        a.previous is distinct from coalesce(lag(a.hash) over (order by a.seq), '\\x'::bytea) as loose
      from tenancy.audit as a
    ), broken as (
      select seq, actor, action, at, case when altered then 'the row was altered' else 'the row before it was deleted or replaced' end as why
      from link where altered or loose order by seq limit 1
    ), chain as (
      select count(*) as rows, (select encode(hash, 'hex') from tenancy.audit order by seq desc limit 1) as tip from tenancy.audit
    )
    select chain.rows, chain.tip, broken.* from chain left join broken on true`)
  const broken = found?.seq
    ? {
        seq: Number(found.seq),
        actor: found.actor,
        action: found.action,
        at: new Date(found.at),
        why: found.why,
      }
    : null
  return {
    rows: Number(found?.rows ?? 0),
    tip: found?.tip ?? null,
    tookMs: Math.round(performance.now() - began),
    broken,
  }
}
