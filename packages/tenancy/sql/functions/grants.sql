-- Grants in the main database. tenancy.protect() grants tenant tables.
grant usage on schema platform to rowhouse_platform;
grant usage on schema shared to rowhouse_tenant, rowhouse_worker;

revoke all on all tables in schema platform from public;
grant select, insert, update, delete on all tables in schema platform to rowhouse_platform;
-- also on tables of later migrations
alter default privileges for role rowhouse_owner in schema platform grant select, insert, update, delete on tables to rowhouse_platform;
grant usage on schema tenancy to rowhouse_platform;
grant select on tenancy.tenant_homes, tenancy.applied_migrations, tenancy.failed_migrations, tenancy.installation, tenancy.audit to rowhouse_platform;
grant select, insert, update, delete on tenancy.tenants, tenancy.suspensions, tenancy.servers, tenancy.placements,
  tenancy.rate_limits, tenancy.migration_runs, tenancy.migration_failures, tenancy.dedicated_databases, tenancy.data_steps,
  tenancy.moves, tenancy.move_events, tenancy.exports, tenancy.imports, tenancy.erasures, tenancy.holds, tenancy.retention_rules,
  tenancy.retention_runs, tenancy.tenant_limits, tenancy.usage, tenancy.check_runs, tenancy.tasks to rowhouse_platform;

grant execute on function tenancy.register_home(uuid),
  tenancy.record_audit(text, text, uuid, jsonb), tenancy.audit_hash(tenancy.audit), tenancy.audit_content(tenancy.audit) to rowhouse_platform;
grant execute on function tenancy.record_switch(uuid, bigint), tenancy.switch_placement(uuid), tenancy.record_switch_back(uuid, bigint) to rowhouse_worker;
