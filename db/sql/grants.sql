-- Who may do what in the main database. Tables of tenants are granted by tenancy.protect().
grant usage on schema platform to rowhouse_platform;
grant usage on schema shared to rowhouse_tenant, rowhouse_worker;

revoke all on all tables in schema platform from public;
grant select, insert, update, delete on all tables in schema platform to rowhouse_platform;
revoke update, delete on platform.audit from rowhouse_platform;
grant select on tenancy.residents to rowhouse_platform;

grant execute on function tenancy.enter(text, uuid, bigint) to rowhouse_tenant;
grant execute on function tenancy.check_session(text, uuid), tenancy.settle(uuid) to rowhouse_platform;
