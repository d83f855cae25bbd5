-- No role but the app's and the administrators' can act as a role of the app or bypass a policy. Administrators are the bootstrap
-- superuser, the owner of this database, whoever ran setup, and those that $1 lists. With the profile `managed`, the provider has
-- administrators of its own.
with recursive role_kinds as (
  select r.oid, r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication,
    r.rolname in ('rowhouse_owner', 'rowhouse_migrator', 'rowhouse_platform', 'rowhouse_tenant', 'rowhouse_worker')
      or r.rolname ~ '^t_[0-9a-f]{32}$' as of_app,
    r.oid = 10
      or r.oid = (select datdba from pg_catalog.pg_database where datname = current_database())
      or r.oid in (select proowner from pg_catalog.pg_proc where oid = 'tenancy.open_functions()'::regprocedure)
      or r.rolname in (select jsonb_array_elements_text($1::jsonb)) as administrator
  from pg_catalog.pg_roles as r
), profile as (
  select exists (select from tenancy.installation where profile = 'managed') as managed
), reached (member, role) as (
  select m.member, m.roleid
  from pg_catalog.pg_auth_members as m
  join role_kinds as r on r.oid = m.roleid and (r.of_app or r.administrator)
  union
  select m.member, reached.role
  from reached
  join pg_catalog.pg_auth_members as m on m.roleid = reached.member
  -- the members of an administrator or of a role of the app are found on their own
  join role_kinds as r on r.oid = m.roleid and not (r.of_app or r.administrator)
)
select k.rolname as object, format('it is a member of %s, directly or through another role', string_agg(reached.role::regrole::text, ', ' order by reached.role::regrole::text)) as why,
  profile.managed and (k.rolsuper or k.rolcreaterole) as accepted
from reached
join role_kinds as k on k.oid = reached.member and not (k.of_app or k.administrator)
cross join profile
group by k.rolname, k.rolsuper, k.rolcreaterole, profile.managed
union all
select k.rolname, format('%s: add it to DATABASE_ADMINISTRATORS if it belongs to an administrator', a.why), profile.managed
from role_kinds as k
cross join profile
cross join lateral unnest(array_remove(array[
  case when k.rolsuper then 'it is a superuser' end,
  case when k.rolbypassrls and has_database_privilege(k.oid, current_database(), 'connect') then 'it has bypassrls' end,
  case when k.rolreplication then 'it may start replication, which copies the rows of all tenants' end,
  case when k.rolcreaterole and has_database_privilege(k.oid, current_database(), 'connect') then 'it may create roles' end
], null)) as a (why)
where not (k.of_app or k.administrator) and k.rolname !~ '^pg_'
