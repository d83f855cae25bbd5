/**
 * The administrator that a provider gives to its customers, in plain PostgreSQL. A superuser creates
 * the group and its memberships on a new server.
 */
export type ProviderModel = {
  provider: string
  /** The documentation that the attributes are taken from. */
  source: string
  /** What a provider changes in the server itself, so that no role of ours can show it. */
  notModelled: string
  /** The role that the provider makes its administrators a member of. */
  group: { name: string; attributes: string; memberOf: readonly string[] }
  /** The attributes of an administrator. */
  attributes: string
  /** The main database. `postgres` belongs to the superuser unless it is the main database. */
  database: 'rowhouse' | 'postgres'
  /** Extensions that the provider creates in the main database, in a schema of this name. */
  extensions?: { schema: string; names: readonly string[] }
  /** Passwords have to reach the server as plain text. */
  plaintextPasswords?: true
}

export const models: Readonly<Record<string, ProviderModel>> = {
  rds: {
    provider: 'Amazon RDS and Aurora',
    source:
      'AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html',
    notModelled:
      'members of rds_superuser may set session_replication_role (a hook); rds_password and rds.force_ssl',
    group: {
      name: 'rds_superuser',
      attributes: 'nologin',
      memberOf: ['pg_monitor', 'pg_signal_backend', 'pg_checkpoint'],
    },
    attributes: 'createdb createrole noreplication nobypassrls',
    database: 'rowhouse',
  },
  cloudsql: {
    provider: 'Google Cloud SQL',
    source: 'cloud.google.com/sql/docs/postgres/users',
    notModelled: 'creating extensions, casts and event triggers that need a superuser',
    group: {
      name: 'cloudsqlsuperuser',
      attributes: 'nologin createdb createrole',
      memberOf: ['pg_monitor', 'pg_signal_backend'],
    },
    attributes: 'createdb createrole noreplication nobypassrls',
    database: 'rowhouse',
  },
  azure: {
    provider: 'Azure Database for PostgreSQL Flexible Server',
    source: 'learn.microsoft.com/azure/postgresql/flexible-server/how-to-create-users',
    notModelled: 'the allow-list of extensions (azure.extensions); pgaudit and others preloaded',
    group: {
      name: 'azure_pg_admin',
      attributes: 'nologin',
      memberOf: ['pg_monitor', 'pg_signal_backend', 'pg_checkpoint'],
    },
    attributes: 'createdb createrole replication nobypassrls',
    database: 'rowhouse',
  },
  neon: {
    provider: 'Neon',
    source: 'neon.com/docs/manage/roles',
    notModelled: 'that the control plane refuses verifiers; the run looks at what was sent',
    group: {
      name: 'neon_superuser',
      attributes: 'nologin createdb createrole replication bypassrls',
      memberOf: ['pg_monitor', 'pg_read_all_data', 'pg_write_all_data'],
    },
    attributes: 'createdb createrole replication bypassrls',
    database: 'rowhouse',
    plaintextPasswords: true,
  },
  supabase: {
    provider: 'Supabase',
    source: 'github.com/supabase/postgres, demote-postgres.sql',
    notModelled:
      'supautils (settings and roles that postgres may use beyond its rights); pg_graphql and supabase_vault',
    group: {
      name: 'supabase_privileged_role',
      attributes: 'nologin',
      memberOf: ['pg_monitor', 'pg_read_all_data', 'pg_signal_backend'],
    },
    attributes: 'createdb createrole replication bypassrls',
    database: 'postgres',
    extensions: { schema: 'extensions', names: ['pgcrypto', 'uuid-ossp', 'pg_stat_statements'] },
  },
}
