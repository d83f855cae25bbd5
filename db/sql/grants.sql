-- Who may do what in the main database. Tables of tenants are granted by tenancy.protect().
grant usage on schema platform to rowhouse_platform;
grant usage on schema shared to rowhouse_tenant, rowhouse_worker;

revoke all on all tables in schema platform from public;
grant select, insert, update, delete on all tables in schema platform to rowhouse_platform;
-- tables of later migrations as well
alter default privileges for role rowhouse_owner in schema platform grant select, insert, update, delete on tables to rowhouse_platform;
revoke insert, update, delete on platform.audit from rowhouse_platform;
grant select on tenancy.residents, tenancy.applied, tenancy.failures to rowhouse_platform;

grant execute on function tenancy.enter(text, uuid, bigint, integer) to rowhouse_tenant;
grant execute on function tenancy.check_session(text, uuid), tenancy.settle(uuid),
  tenancy.record(text, text, uuid, jsonb), tenancy.audit_hash(platform.audit), tenancy.audit_content(platform.audit) to rowhouse_platform;
grant execute on function tenancy.record_switch(uuid, bigint), tenancy.switch_place(uuid), tenancy.record_return(uuid, bigint) to rowhouse_worker;
