import { createHash } from 'node:crypto'
import type pg from 'pg'

/**
 * One object of a schema with its definition as text. The schema's own name is omitted, so that the
 * objects of different schemas can be compared.
 */
export type CatalogItem = { object: string; definition: string }

// In definitions, the schema's own name and its dot are removed, and a tenant's dedicated role is
// called <login>.
const items = `
with chosen (id, name) as (
  select oid, nspname::text from pg_namespace where nspname = any($1::text[])
), rel as (
  select c.*, p.name as home from pg_class as c join chosen as p on p.id = c.relnamespace
), granted (home, object, acl, kind, owner) as (
  select home, relname::text, relacl, case relkind when 'S' then 's' else 'r' end, relowner from rel where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select r.home, r.relname || '.' || a.attname, a.attacl, 'c', r.relowner from rel as r join pg_attribute as a on a.attrelid = r.oid where a.attacl is not null
  union all
  select p.name, 'function ' || f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')', f.proacl, 'f', f.proowner from pg_proc as f join chosen as p on p.id = f.pronamespace
  union all
  select p.name, 'the schema', n.nspacl, 'n', n.nspowner from pg_namespace as n join chosen as p on p.id = n.oid
), item (home, object, definition) as (
  select name, 'schema', 'owner ' || pg_get_userbyid(n.nspowner) from chosen join pg_namespace as n on n.oid = chosen.id
  union all
  select home, case relkind when 'v' then 'view ' when 'm' then 'view ' when 'S' then 'sequence ' else 'table ' end || relname,
    concat_ws(', ', 'owner ' || pg_get_userbyid(relowner),
      case when relkind in ('r', 'p') then case when relrowsecurity then 'row level security on' else 'row level security off' end end,
      case when relkind in ('r', 'p') then case when relforcerowsecurity then 'forced' else 'not forced' end end,
      nullif('kind ' || relkind::text, 'kind r'), nullif('persistence ' || relpersistence::text, 'persistence p'), nullif('replica identity ' || relreplident::text, 'replica identity d'),
      'with ' || array_to_string(reloptions, ', '),
      case when relkind in ('v', 'm') then pg_get_viewdef(oid) end)
  from rel where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select r.home, 'column ' || r.relname || '.' || a.attname,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
      case a.attgenerated when '' then 'default ' else 'generated ' end || pg_get_expr(d.adbin, d.adrelid),
      nullif('identity ' || a.attidentity::text, 'identity '), nullif('generated ' || a.attgenerated::text, 'generated '),
      case when a.attcollation <> t.typcollation then 'collate ' || (select collname from pg_collation as k where k.oid = a.attcollation) end)
  from rel as r
  join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  join pg_type as t on t.oid = a.atttypid
  left join pg_attrdef as d on d.adrelid = r.oid and d.adnum = a.attnum
  where r.relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select r.home, 'constraint ' || c.conname || ' on ' || r.relname, pg_get_constraintdef(c.oid) || case when c.convalidated then '' else ' (not validated)' end
  from pg_constraint as c join rel as r on r.oid = c.conrelid where c.contype not in ('n', 't')
  union all
  select r.home, 'index ' || r.relname, pg_get_indexdef(i.indexrelid) || case when i.indisvalid and i.indisready then '' else ' (invalid)' end
  from pg_index as i join rel as r on r.oid = i.indexrelid
  union all
  select r.home, 'policy ' || p.polname || ' on ' || r.relname,
    concat_ws(' ', case when p.polpermissive then 'permissive' else 'restrictive' end, 'for ' || p.polcmd::text,
      'to ' || (select string_agg(case o when 0 then 'public' else pg_get_userbyid(o) end, ', ' order by 1) from unnest(p.polroles) as o),
      'using (' || pg_get_expr(p.polqual, p.polrelid) || ')', 'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
  from pg_policy as p join rel as r on r.oid = p.polrelid
  union all
  select r.home, 'trigger ' || t.tgname || ' on ' || r.relname, pg_get_triggerdef(t.oid) || case t.tgenabled when 'O' then '' else ' (enabled ' || t.tgenabled::text || ')' end
  from pg_trigger as t join rel as r on r.oid = t.tgrelid where not t.tgisinternal
  union all
  select r.home, 'rule ' || w.rulename || ' on ' || r.relname, pg_get_ruledef(w.oid)
  from pg_rewrite as w join rel as r on r.oid = w.ev_class where w.rulename <> '_RETURN'
  union all
  select p.name, 'statistics ' || s.stxname, pg_get_statisticsobjdef(s.oid) from pg_statistic_ext as s join chosen as p on p.id = s.stxnamespace
  union all
  select p.name, 'type ' || t.typname, concat_ws(' ', t.typtype::text, format_type(t.typbasetype, t.typtypmod), (select string_agg(enumlabel, ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid))
  from pg_type as t join chosen as p on p.id = t.typnamespace where t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and exists (select from pg_class where oid = t.typrelid and relkind = 'c'))
  union all
  select p.name, 'function ' || f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')', case when f.prokind in ('f', 'p') then pg_get_functiondef(f.oid) else f.prokind::text end
  from pg_proc as f join chosen as p on p.id = f.pronamespace
  union all
  select p.name, 'owner of function ' || f.proname, string_agg(distinct pg_get_userbyid(f.proowner), ', ') from pg_proc as f join chosen as p on p.id = f.pronamespace group by p.name, f.proname
  union all
  select home, 'rights of ' || case g.grantee when 0 then 'public' else case pg_get_userbyid(g.grantee) when case when home ~ '^t_' then home else 'rowhouse_tenant' end then '<login>' else pg_get_userbyid(g.grantee) end end || ' on ' || object,
    string_agg(g.privilege_type || case when g.is_grantable then ' with grant option' else '' end, ', ' order by g.privilege_type)
  from granted
  cross join lateral aclexplode(coalesce(acl, case when kind in ('r', 's', 'f', 'n') then acldefault(kind::"char", owner) end)) as g
  group by home, object, g.grantee
), unqualified (home, object, definition) as (
  select home, replace(object, home || '.', ''), replace(definition, home || '.', '') from item
)`

/** Computes the digest of a schema with exactly these items. */
export const digestOf = (all: CatalogItem[]): string =>
  createHash('md5')
    .update(all.map(({ object, definition }) => `${object}: ${definition}`).join('\n'))
    .digest('hex')

/**
 * Computes a digest per schema. Schemas with the same objects have the same digest.
 * @returns Digests by schema name. Schemas that do not exist are omitted.
 */
export async function digests(
  client: pg.ClientBase,
  schemas: string[],
): Promise<Map<string, string>> {
  return inCatalogue(client, async () => {
    const { rows } = await client.query<{ home: string; digest: string }>(
      `${items} select home, md5(string_agg(object || ': ' || definition, E'\\n' order by object collate "C", definition collate "C")) as digest from unqualified group by home`,
      [schemas],
    )
    return new Map(rows.map(({ home, digest }) => [home, digest]))
  })
}

/** Reads the objects of one schema, sorted. */
export async function itemsOf(client: pg.ClientBase, schema: string): Promise<CatalogItem[]> {
  return inCatalogue(client, async () => {
    const { rows } = await client.query<CatalogItem>(
      `${items} select object, definition from unqualified order by object collate "C", definition collate "C"`,
      [[schema]],
    )
    return rows
  })
}

/** PostgreSQL qualifies names in definitions unless the search path has their schema. */
async function inCatalogue<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('set search_path = pg_catalog, pg_temp; set jit = off')
  return work()
}
