-- Tables of every database that holds tenants.

-- The key that signs contexts in this database. Only the owner of the functions can read it.
create table tenancy.key (
  one boolean primary key default true check (one),
  inner_pad bytea not null,
  outer_pad bytea not null
);
--> statement-breakpoint
-- The tenants in this database, with state and epoch. This table overrides the registry.
create table tenancy.tenant_homes (
  tenant_id uuid primary key,
  schema_name text not null check (schema_name = 'shared' or schema_name = 't_' || replace(tenant_id::text, '-', '')),
  login text not null check (login = case schema_name when 'shared' then 'rowhouse_tenant' else schema_name end),
  state text not null default 'active' check (state in ('active', 'copying', 'incoming', 'fenced', 'gone', 'aborted')),
  epoch bigint not null default 1 check (epoch > 0),
  move_id uuid,
  changed_at timestamptz not null default now()
);
--> statement-breakpoint
-- Service entries into tenants, with their reason.
create table tenancy.service_entries (
  at timestamptz not null default clock_timestamp(),
  tenant_id uuid not null,
  login text not null,
  reason text not null
);
--> statement-breakpoint
create index service_entries_tenant on tenancy.service_entries (tenant_id, at);
--> statement-breakpoint
create index service_entries_at on tenancy.service_entries using brin (at);
--> statement-breakpoint
-- The migration ledger of the schemas in this database. The transaction of a target inserts its row first, so
-- that a race is a unique violation. `breaking` is stored for builds that do not have the file.
create table tenancy.applied_migrations (
  schema text not null,
  migration text not null,
  sha256 text not null,
  breaking text,
  applied_at timestamptz not null default clock_timestamp(),
  took_ms integer,
  primary key (schema, migration)
);
--> statement-breakpoint
-- Migrations that failed and have not been applied since.
create table tenancy.failed_migrations (
  schema text not null,
  migration text not null,
  at timestamptz not null default clock_timestamp(),
  attempts integer not null default 1,
  code text,
  statement text,
  message text not null,
  primary key (schema, migration)
);
--> statement-breakpoint
-- The change log of moves: the keys of changed rows, in order.
create table tenancy.changed_keys (
  seq bigint generated always as identity primary key,
  tenant_id uuid not null,
  table_name text not null,
  key text[] not null
);
--> statement-breakpoint
create index changed_keys_tenant on tenancy.changed_keys (tenant_id, table_name);
--> statement-breakpoint
-- The progress of copying each table of an incoming tenant.
create table tenancy.copy_progress (
  tenant_id uuid not null,
  move_id uuid not null,
  table_name text not null,
  last_key text[],
  rows bigint not null default 0,
  done boolean not null default false,
  primary key (tenant_id, move_id, table_name)
);
--> statement-breakpoint
-- Rows deleted by retention runs, recorded in the transaction of each batch.
create table tenancy.retention_progress (
  tenant_id uuid not null,
  run_id uuid not null,
  table_name text not null,
  deleted bigint not null,
  primary key (tenant_id, run_id, table_name)
);
--> statement-breakpoint
alter table tenancy.changed_keys enable row level security;
--> statement-breakpoint
alter table tenancy.copy_progress enable row level security;
--> statement-breakpoint
alter table tenancy.retention_progress enable row level security;
--> statement-breakpoint
-- main database only
CREATE TABLE "tenancy"."audit" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tenancy"."audit_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"tenant_id" uuid,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"content" "bytea" NOT NULL,
	"previous" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tenancy"."check_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"by" text NOT NULL,
	"targets" integer NOT NULL,
	"violations" jsonb NOT NULL,
	"took_ms" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tenancy"."data_steps" (
	"step" text NOT NULL,
	"tenant_id" uuid NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"cursor" text,
	"rows" bigint DEFAULT 0 NOT NULL,
	"problem" text,
	CONSTRAINT "data_steps_step_tenant_id_pk" PRIMARY KEY("step","tenant_id")
);
--> statement-breakpoint
CREATE TABLE "tenancy"."dedicated_databases" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"schema" text NOT NULL,
	"seen_at" timestamp with time zone,
	"applied" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"problem" text
);
--> statement-breakpoint
CREATE TABLE "tenancy"."erasures" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"requested_by" uuid,
	"due_at" timestamp with time zone NOT NULL,
	"withdrawn_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"receipt" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"problem" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tenancy"."exports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"requested_by" text NOT NULL,
	"requester_id" uuid,
	"state" text DEFAULT 'requested' NOT NULL,
	"started_at" timestamp with time zone,
	"seen_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"table_name" text DEFAULT '' NOT NULL,
	"rows_done" bigint DEFAULT 0 NOT NULL,
	"rows_total" bigint DEFAULT 0 NOT NULL,
	"bytes" bigint,
	"message" text DEFAULT '' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "exports_state" CHECK ("tenancy"."exports"."state" in ('requested', 'running', 'done', 'failed', 'expired'))
);
--> statement-breakpoint
CREATE TABLE "tenancy"."holds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"by" text NOT NULL,
	"reason" text NOT NULL,
	"lifted_at" timestamp with time zone,
	"lifted_by" text
);
--> statement-breakpoint
CREATE TABLE "tenancy"."imports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"slug" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_by" text NOT NULL,
	"seen_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"ended_at" timestamp with time zone,
	"table_name" text DEFAULT '' NOT NULL,
	"rows_done" bigint DEFAULT 0 NOT NULL,
	"rows_total" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tenancy"."migration_failures" (
	"run_id" uuid NOT NULL,
	"target" text NOT NULL,
	"tenant_id" uuid,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"migration" text NOT NULL,
	"statement" text,
	"code" text,
	"message" text NOT NULL,
	CONSTRAINT "migration_failures_run_id_target_pk" PRIMARY KEY("run_id","target")
);
--> statement-breakpoint
CREATE TABLE "tenancy"."migration_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"requested_by" text NOT NULL,
	"options" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"state" text DEFAULT 'requested' NOT NULL,
	"started_at" timestamp with time zone,
	"seen_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"batch" text DEFAULT '' NOT NULL,
	"targets" integer DEFAULT 0 NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	CONSTRAINT "migration_runs_state" CHECK ("tenancy"."migration_runs"."state" in ('requested', 'running', 'done', 'failed', 'stopped'))
);
--> statement-breakpoint
CREATE TABLE "tenancy"."move_events" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tenancy"."move_events_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"move_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"event" text NOT NULL,
	"detail" text DEFAULT '' NOT NULL,
	"side" text,
	"location" text,
	"rows" bigint,
	"took_ms" integer
);
--> statement-breakpoint
CREATE TABLE "tenancy"."moves" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"state" text DEFAULT 'requested' NOT NULL,
	"source" jsonb NOT NULL,
	"target" jsonb NOT NULL,
	"tier_from" text NOT NULL,
	"tier_to" text NOT NULL,
	"requested_by" text NOT NULL,
	"reason" text NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"rolls_back" uuid,
	"abort_by" text,
	"confirm_by" text,
	"force_finish_by" text,
	"grace_hours" double precision DEFAULT 72 NOT NULL,
	"grace_until" timestamp with time zone,
	"status_detail" text DEFAULT '' NOT NULL,
	"retry_error" text,
	"error" text,
	"rows_total" bigint DEFAULT 0 NOT NULL,
	"rows_done" bigint DEFAULT 0 NOT NULL,
	"rows_per_second" integer,
	"pause_ms" double precision,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "moves_state" CHECK ("tenancy"."moves"."state" in ('requested', 'provisioned', 'capturing', 'copied', 'indexed', 'caught_up', 'verified', 'switched', 'confirmed', 'cleaned', 'aborting', 'aborted', 'rolling_back', 'rolled_back'))
);
--> statement-breakpoint
CREATE TABLE "tenancy"."placements" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"server_id" uuid,
	"database" text,
	"schema" text NOT NULL,
	"login" text,
	"secret" text,
	"epoch" bigint DEFAULT 1 NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "placements_kind" CHECK ("tenancy"."placements"."kind" in ('shared', 'schema', 'database')),
	CONSTRAINT "placements_schema" CHECK (("tenancy"."placements"."kind" = 'shared' and "tenancy"."placements"."schema" = 'shared' and "tenancy"."placements"."login" is null) or ("tenancy"."placements"."kind" <> 'shared' and "tenancy"."placements"."schema" ~ '^t_[0-9a-f]{32}$' and "tenancy"."placements"."login" = "tenancy"."placements"."schema" and "tenancy"."placements"."secret" is not null)),
	CONSTRAINT "placements_database" CHECK (("tenancy"."placements"."kind" = 'database') = ("tenancy"."placements"."database" is not null))
);
--> statement-breakpoint
CREATE TABLE "tenancy"."rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" bigint
);
--> statement-breakpoint
CREATE TABLE "tenancy"."retention_rules" (
	"tenant_id" uuid NOT NULL,
	"table_name" text NOT NULL,
	"days" integer NOT NULL,
	"set_at" timestamp with time zone DEFAULT now() NOT NULL,
	"set_by" text NOT NULL,
	CONSTRAINT "retention_rules_tenant_id_table_name_pk" PRIMARY KEY("tenant_id","table_name"),
	CONSTRAINT "retention_rules_days" CHECK ("tenancy"."retention_rules"."days" between 1 and 36500)
);
--> statement-breakpoint
CREATE TABLE "tenancy"."retention_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"planned_at" timestamp with time zone DEFAULT now() NOT NULL,
	"state" text NOT NULL,
	"steps" jsonb NOT NULL,
	"decided_at" timestamp with time zone,
	"decided_by" text,
	"ended_at" timestamp with time zone,
	"message" text DEFAULT '' NOT NULL,
	CONSTRAINT "retention_runs_state" CHECK ("tenancy"."retention_runs"."state" in ('waiting', 'running', 'done', 'failed', 'dismissed'))
);
--> statement-breakpoint
CREATE TABLE "tenancy"."servers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"host" text NOT NULL,
	"port" integer NOT NULL,
	"migrator_secret" text NOT NULL,
	"worker_secret" text NOT NULL,
	"added_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tenancy"."suspensions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"by" text NOT NULL,
	"reason" text NOT NULL,
	"lifted_at" timestamp with time zone,
	"lifted_by" text
);
--> statement-breakpoint
CREATE TABLE "tenancy"."tasks" (
	"name" text PRIMARY KEY NOT NULL,
	"every_ms" integer NOT NULL,
	"worker" text NOT NULL,
	"reported_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"took_ms" integer,
	"failed_at" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"error" text,
	"next_run_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "tenancy"."tenant_limits" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"statement_ms" integer,
	"concurrent" integer,
	"requests_per_minute" integer,
	"api_per_minute" integer,
	"export_rows" integer,
	"set_at" timestamp with time zone DEFAULT now() NOT NULL,
	"set_by" text NOT NULL,
	CONSTRAINT "tenant_limits_sane" CHECK ("tenancy"."tenant_limits"."statement_ms" between 100 and 600000 and "tenancy"."tenant_limits"."concurrent" between 1 and 1000 and "tenancy"."tenant_limits"."requests_per_minute" > 0 and "tenancy"."tenant_limits"."api_per_minute" > 0 and "tenancy"."tenant_limits"."export_rows" > 0)
);
--> statement-breakpoint
CREATE TABLE "tenancy"."tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"tier" text NOT NULL,
	"currency" text DEFAULT 'EUR' NOT NULL,
	"locale" text DEFAULT 'en-GB' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_slug_form" CHECK ("tenancy"."tenants"."slug" ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	CONSTRAINT "tenants_currency" CHECK ("tenancy"."tenants"."currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "tenants_name" CHECK (length(btrim("tenancy"."tenants"."name")) between 1 and 80)
);
--> statement-breakpoint
CREATE TABLE "tenancy"."usage" (
	"tenant_id" uuid NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"requests" bigint DEFAULT 0 NOT NULL,
	"transactions" bigint DEFAULT 0 NOT NULL,
	"errors" bigint DEFAULT 0 NOT NULL,
	"database_ms" double precision DEFAULT 0 NOT NULL,
	"wait_ms" double precision DEFAULT 0 NOT NULL,
	"limits_hit" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "usage_tenant_id_hour_pk" PRIMARY KEY("tenant_id","hour")
);
--> statement-breakpoint
ALTER TABLE "tenancy"."data_steps" ADD CONSTRAINT "data_steps_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."dedicated_databases" ADD CONSTRAINT "dedicated_databases_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."exports" ADD CONSTRAINT "exports_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."holds" ADD CONSTRAINT "holds_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."migration_failures" ADD CONSTRAINT "migration_failures_run_id_migration_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "tenancy"."migration_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."move_events" ADD CONSTRAINT "move_events_move_id_moves_id_fk" FOREIGN KEY ("move_id") REFERENCES "tenancy"."moves"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."moves" ADD CONSTRAINT "moves_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."placements" ADD CONSTRAINT "placements_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."placements" ADD CONSTRAINT "placements_server_id_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "tenancy"."servers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."retention_rules" ADD CONSTRAINT "retention_rules_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."retention_runs" ADD CONSTRAINT "retention_runs_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."suspensions" ADD CONSTRAINT "suspensions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."tenant_limits" ADD CONSTRAINT "tenant_limits_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenancy"."usage" ADD CONSTRAINT "usage_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "tenancy"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_tenant" ON "tenancy"."audit" USING btree ("tenant_id","seq");--> statement-breakpoint
CREATE INDEX "check_runs_kind" ON "tenancy"."check_runs" USING btree ("kind","at");--> statement-breakpoint
CREATE UNIQUE INDEX "erasures_open" ON "tenancy"."erasures" USING btree ("tenant_id") WHERE withdrawn_at is null and ended_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "exports_open" ON "tenancy"."exports" USING btree ("tenant_id") WHERE state in ('requested', 'running');--> statement-breakpoint
CREATE INDEX "exports_tenant" ON "tenancy"."exports" USING btree ("tenant_id","requested_at");--> statement-breakpoint
CREATE UNIQUE INDEX "holds_open" ON "tenancy"."holds" USING btree ("tenant_id") WHERE lifted_at is null;--> statement-breakpoint
CREATE INDEX "imports_tenant" ON "tenancy"."imports" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "migration_runs_requested" ON "tenancy"."migration_runs" USING btree ("requested_at");--> statement-breakpoint
CREATE INDEX "move_events_move" ON "tenancy"."move_events" USING btree ("move_id","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "moves_live" ON "tenancy"."moves" USING btree ("tenant_id") WHERE state not in ('cleaned', 'aborted', 'rolling_back', 'rolled_back');--> statement-breakpoint
CREATE INDEX "moves_tenant" ON "tenancy"."moves" USING btree ("tenant_id","requested_at");--> statement-breakpoint
CREATE UNIQUE INDEX "retention_runs_open" ON "tenancy"."retention_runs" USING btree ("tenant_id") WHERE state in ('waiting', 'running');--> statement-breakpoint
CREATE INDEX "retention_runs_tenant" ON "tenancy"."retention_runs" USING btree ("tenant_id","planned_at");--> statement-breakpoint
CREATE UNIQUE INDEX "servers_address" ON "tenancy"."servers" USING btree ("host","port");--> statement-breakpoint
CREATE UNIQUE INDEX "suspensions_open" ON "tenancy"."suspensions" USING btree ("tenant_id") WHERE lifted_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "tenants_slug" ON "tenancy"."tenants" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "usage_hour" ON "tenancy"."usage" USING btree ("hour");