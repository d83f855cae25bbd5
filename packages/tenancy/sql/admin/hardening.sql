-- The administrator runs the files hardening, open-functions and logins in every database that holds tenants, and in the
-- template of new ones. They skip what is in place.
do $$
declare
  required record;
  owner text;
begin
  select r.rolname into owner
  from pg_catalog.pg_database as d
  join pg_catalog.pg_roles as r on r.oid = d.datdba
  where d.datname = current_database();
  if not pg_has_role(current_user, owner, 'usage') then
    raise exception 'the database % belongs to %, and % may not grant rights on it', current_database(), owner, current_user
      using errcode = '42501', hint = format(
        'as %s, run: alter database %I owner to rowhouse_owner',
        -- the statement takes a member of both roles with createdb
        case when exists (
          select from pg_catalog.pg_roles
          where rolname = owner and (rolsuper or (rolcreatedb and pg_has_role(oid, 'rowhouse_owner', 'member')))
        ) then quote_ident(owner) else format('a superuser, or as a member of %I and rowhouse_owner with createdb', owner) end,
        current_database()
      );
  end if;
  if exists (
    select from pg_catalog.pg_database as d
    cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
    where d.datname = current_database() and a.grantee = 0
  ) then
    execute format('revoke all on database %I from public', current_database());
  end if;
  for required in
    select * from (values
      ('rowhouse_owner', 'create'), ('rowhouse_migrator', 'connect'), ('rowhouse_platform', 'connect'),
      ('rowhouse_tenant', 'connect'), ('rowhouse_worker', 'connect'), ('rowhouse_worker', 'temporary')
    ) as grants (name, privilege)
    where not has_database_privilege(grants.name, current_database(), grants.privilege)
      -- these two have no business in the database of one tenant
      and not (grants.name in ('rowhouse_platform', 'rowhouse_tenant') and current_database() ~ '^t_[0-9a-f]{32}$')
  loop
    execute format('grant %s on database %I to %I', required.privilege, current_database(), required.name);
  end loop;
  if exists (
    select from pg_catalog.pg_namespace as n
    cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as a
    where n.nspname = 'public' and a.grantee = 0
  ) then
    revoke all on schema public from public;
  end if;
end
$$;

create schema if not exists tenancy authorization rowhouse_owner;
