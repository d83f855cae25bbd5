-- Statistics of shared tables, which tell each tenant values of the others (see tenancy.omit_statistics). The owner of a
-- table under row-level security cannot see them, so these statements are the administrator's.

-- Lists the columns of shared tables and of their indexes that have statistics. Lists none if the administrator may not
-- read them, which only a superuser may be sure of.
create or replace function tenancy.columns_with_statistics() returns setof text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not has_table_privilege('pg_statistic', 'select') then
    return;
  end if;
  return query
    select distinct format('shared.%I.%I', c.relname, a.attname)
    from pg_statistic as s
    join pg_class as c on c.oid = s.starelid
    join pg_attribute as a on a.attrelid = s.starelid and a.attnum = s.staattnum
    where c.relnamespace = to_regnamespace('shared') and a.attname <> 'tenant_id';
end
$$;

revoke execute on function tenancy.columns_with_statistics() from public;
grant execute on function tenancy.columns_with_statistics() to rowhouse_platform, rowhouse_worker;

do $$
begin
  if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    delete from pg_catalog.pg_statistic as s
    using pg_catalog.pg_class as c, pg_catalog.pg_attribute as a
    where c.oid = s.starelid and c.relnamespace = to_regnamespace('shared')
      and a.attrelid = s.starelid and a.attnum = s.staattnum and a.attname <> 'tenant_id';
  end if;
end
$$;
