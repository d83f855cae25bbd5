CREATE SCHEMA "platform";
--> statement-breakpoint
CREATE TABLE "platform"."audit" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "platform"."audit_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"deed" text NOT NULL,
	"tenant_id" uuid,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"content" "bytea" NOT NULL,
	"previous" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."bans" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"by" text NOT NULL,
	"reason" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."data_steps" (
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
CREATE TABLE "platform"."databases_seen" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"schema" text NOT NULL,
	"seen_at" timestamp with time zone,
	"applied" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"problem" text
);
--> statement-breakpoint
CREATE TABLE "platform"."erasures" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"requested_by" uuid,
	"due_at" timestamp with time zone NOT NULL,
	"withdrawn_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"receipt" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"problem" text
);
--> statement-breakpoint
CREATE TABLE "platform"."exports" (
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
	CONSTRAINT "exports_state" CHECK ("platform"."exports"."state" in ('requested', 'running', 'done', 'failed', 'expired'))
);
--> statement-breakpoint
CREATE TABLE "platform"."holds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"by" text NOT NULL,
	"reason" text NOT NULL,
	"lifted_at" timestamp with time zone,
	"lifted_by" text
);
--> statement-breakpoint
CREATE TABLE "platform"."imports" (
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
CREATE TABLE "platform"."members" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role" text NOT NULL,
	"joined_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "members_tenant_id_user_id_pk" PRIMARY KEY("tenant_id","user_id"),
	CONSTRAINT "members_role" CHECK ("platform"."members"."role" in ('owner', 'admin', 'member', 'viewer'))
);
--> statement-breakpoint
CREATE TABLE "platform"."migration_failures" (
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
CREATE TABLE "platform"."migration_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"requested_by" text NOT NULL,
	"options" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"state" text DEFAULT 'requested' NOT NULL,
	"started_at" timestamp with time zone,
	"seen_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"wave" text DEFAULT '' NOT NULL,
	"targets" integer DEFAULT 0 NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	CONSTRAINT "migration_runs_state" CHECK ("platform"."migration_runs"."state" in ('requested', 'running', 'done', 'failed', 'stopped'))
);
--> statement-breakpoint
CREATE TABLE "platform"."move_events" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "platform"."move_events_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"move_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"event" text NOT NULL,
	"detail" text DEFAULT '' NOT NULL,
	"rows" bigint,
	"took_ms" integer
);
--> statement-breakpoint
CREATE TABLE "platform"."moves" (
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
	"grace_hours" double precision DEFAULT 72 NOT NULL,
	"grace_until" timestamp with time zone,
	"note" text DEFAULT '' NOT NULL,
	"error" text,
	"rows_total" bigint DEFAULT 0 NOT NULL,
	"rows_done" bigint DEFAULT 0 NOT NULL,
	"pause_ms" double precision,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"retry_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "moves_state" CHECK ("platform"."moves"."state" in ('requested', 'provisioned', 'capturing', 'copied', 'indexed', 'caught_up', 'verified', 'switched', 'confirmed', 'cleaned', 'aborting', 'aborted', 'rolling_back', 'rolled_back'))
);
--> statement-breakpoint
CREATE TABLE "platform"."operators" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"added_at" timestamp with time zone DEFAULT now() NOT NULL,
	"added_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."placements" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"server_id" uuid,
	"database" text,
	"schema" text NOT NULL,
	"login" text,
	"secret" text,
	"epoch" bigint DEFAULT 1 NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "placements_kind" CHECK ("platform"."placements"."kind" in ('shared', 'schema', 'database')),
	CONSTRAINT "placements_schema" CHECK (("platform"."placements"."kind" = 'shared' and "platform"."placements"."schema" = 'shared' and "platform"."placements"."login" is null) or ("platform"."placements"."kind" <> 'shared' and "platform"."placements"."schema" ~ '^t_[0-9a-f]{32}$' and "platform"."placements"."login" = "platform"."placements"."schema" and "platform"."placements"."secret" is not null)),
	CONSTRAINT "placements_database" CHECK (("platform"."placements"."kind" = 'database') = ("platform"."placements"."database" is not null))
);
--> statement-breakpoint
CREATE TABLE "platform"."rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" bigint
);
--> statement-breakpoint
CREATE TABLE "platform"."retention_rules" (
	"tenant_id" uuid NOT NULL,
	"table_name" text NOT NULL,
	"days" integer NOT NULL,
	"set_at" timestamp with time zone DEFAULT now() NOT NULL,
	"set_by" text NOT NULL,
	CONSTRAINT "retention_rules_tenant_id_table_name_pk" PRIMARY KEY("tenant_id","table_name"),
	CONSTRAINT "retention_rules_days" CHECK ("platform"."retention_rules"."days" between 1 and 36500)
);
--> statement-breakpoint
CREATE TABLE "platform"."retention_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"planned_at" timestamp with time zone DEFAULT now() NOT NULL,
	"state" text NOT NULL,
	"steps" jsonb NOT NULL,
	"decided_at" timestamp with time zone,
	"decided_by" text,
	"ended_at" timestamp with time zone,
	"message" text DEFAULT '' NOT NULL,
	CONSTRAINT "retention_runs_state" CHECK ("platform"."retention_runs"."state" in ('waiting', 'running', 'done', 'failed', 'dismissed'))
);
--> statement-breakpoint
CREATE TABLE "platform"."servers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"host" text NOT NULL,
	"port" integer NOT NULL,
	"migrator_secret" text NOT NULL,
	"worker_secret" text NOT NULL,
	"added_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"user_id" uuid NOT NULL,
	"tenant_id" uuid,
	"device" text DEFAULT '' NOT NULL,
	"address" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."suspensions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"by" text NOT NULL,
	"reason" text NOT NULL,
	"lifted_at" timestamp with time zone,
	"lifted_by" text
);
--> statement-breakpoint
CREATE TABLE "platform"."tenant_limits" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"statement_ms" integer,
	"concurrent" integer,
	"requests_per_minute" integer,
	"api_per_minute" integer,
	"export_rows" integer,
	"set_at" timestamp with time zone DEFAULT now() NOT NULL,
	"set_by" text NOT NULL,
	CONSTRAINT "tenant_limits_sane" CHECK ("platform"."tenant_limits"."statement_ms" between 100 and 600000 and "platform"."tenant_limits"."concurrent" between 1 and 1000 and "platform"."tenant_limits"."requests_per_minute" > 0 and "platform"."tenant_limits"."api_per_minute" > 0 and "platform"."tenant_limits"."export_rows" > 0)
);
--> statement-breakpoint
CREATE TABLE "platform"."tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"tier" text DEFAULT 'starter' NOT NULL,
	"currency" text DEFAULT 'EUR' NOT NULL,
	"locale" text DEFAULT 'en-GB' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_slug_form" CHECK ("platform"."tenants"."slug" ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	CONSTRAINT "tenants_tier" CHECK ("platform"."tenants"."tier" in ('starter', 'business', 'enterprise')),
	CONSTRAINT "tenants_currency" CHECK ("platform"."tenants"."currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "tenants_name" CHECK (length(btrim("platform"."tenants"."name")) between 1 and 80)
);
--> statement-breakpoint
CREATE TABLE "platform"."usage" (
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
CREATE TABLE "platform"."users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"password_hash" text,
	"email_verified_at" timestamp with time zone,
	"last_tenant_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_email_normal" CHECK ("platform"."users"."email" = lower(btrim("platform"."users"."email")) and length("platform"."users"."email") <= 254)
);
--> statement-breakpoint
CREATE TABLE "platform"."api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"scope" text NOT NULL,
	"hint" text NOT NULL,
	"key_hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	CONSTRAINT "api_keys_scope" CHECK ("platform"."api_keys"."scope" in ('read', 'write'))
);
--> statement-breakpoint
CREATE TABLE "platform"."attempts" (
	"key" "bytea" PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."devices" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"used_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."email_changes" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"old_agreed_at" timestamp with time zone,
	"new_agreed_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."identities" (
	"provider" text NOT NULL,
	"subject" text NOT NULL,
	"user_id" uuid NOT NULL,
	"linked_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "identities_provider_subject_pk" PRIMARY KEY("provider","subject")
);
--> statement-breakpoint
CREATE TABLE "platform"."invitations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"email" text NOT NULL,
	"role" text NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"invited_by" uuid,
	"sent_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "invitations_role" CHECK ("platform"."invitations"."role" in ('owner', 'admin', 'member', 'viewer'))
);
--> statement-breakpoint
CREATE TABLE "platform"."links" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"email" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "links_kind" CHECK ("platform"."links"."kind" in ('sign-up', 'reset', 'old address', 'new address'))
);
--> statement-breakpoint
CREATE TABLE "platform"."mail" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid,
	"recipient" text NOT NULL,
	"kind" text NOT NULL,
	"sealed" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"sent_at" timestamp with time zone,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "platform"."recovery_codes" (
	"user_id" uuid NOT NULL,
	"code_hash" "bytea" NOT NULL,
	CONSTRAINT "recovery_codes_user_id_code_hash_pk" PRIMARY KEY("user_id","code_hash")
);
--> statement-breakpoint
CREATE TABLE "platform"."second_factors" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"sealed_secret" text NOT NULL,
	"confirmed_at" timestamp with time zone,
	"last_step" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."examinations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"by" text NOT NULL,
	"targets" integer NOT NULL,
	"offenders" jsonb NOT NULL,
	"took_ms" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."support_accesses" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"session_id" uuid,
	"reason" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"writes" boolean DEFAULT false NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "support_accesses_reason" CHECK (length(btrim("platform"."support_accesses"."reason")) between 1 and 500),
	CONSTRAINT "support_accesses_time" CHECK ("platform"."support_accesses"."expires_at" <= "platform"."support_accesses"."started_at" + interval '4 hours')
);
--> statement-breakpoint
CREATE TABLE "platform"."tenant_sizes" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"orders" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"measured_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "platform"."bans" ADD CONSTRAINT "bans_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."data_steps" ADD CONSTRAINT "data_steps_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."databases_seen" ADD CONSTRAINT "databases_seen_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."exports" ADD CONSTRAINT "exports_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."holds" ADD CONSTRAINT "holds_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."members" ADD CONSTRAINT "members_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."members" ADD CONSTRAINT "members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."migration_failures" ADD CONSTRAINT "migration_failures_run_id_migration_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "platform"."migration_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."move_events" ADD CONSTRAINT "move_events_move_id_moves_id_fk" FOREIGN KEY ("move_id") REFERENCES "platform"."moves"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."moves" ADD CONSTRAINT "moves_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."operators" ADD CONSTRAINT "operators_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."placements" ADD CONSTRAINT "placements_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."placements" ADD CONSTRAINT "placements_server_id_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "platform"."servers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."retention_rules" ADD CONSTRAINT "retention_rules_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."retention_runs" ADD CONSTRAINT "retention_runs_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."sessions" ADD CONSTRAINT "sessions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."suspensions" ADD CONSTRAINT "suspensions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."tenant_limits" ADD CONSTRAINT "tenant_limits_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."usage" ADD CONSTRAINT "usage_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."api_keys" ADD CONSTRAINT "api_keys_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."api_keys" ADD CONSTRAINT "api_keys_member_fk" FOREIGN KEY ("tenant_id","user_id") REFERENCES "platform"."members"("tenant_id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."devices" ADD CONSTRAINT "devices_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."email_changes" ADD CONSTRAINT "email_changes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."identities" ADD CONSTRAINT "identities_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."invitations" ADD CONSTRAINT "invitations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."invitations" ADD CONSTRAINT "invitations_invited_by_users_id_fk" FOREIGN KEY ("invited_by") REFERENCES "platform"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."mail" ADD CONSTRAINT "mail_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."recovery_codes" ADD CONSTRAINT "recovery_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."second_factors" ADD CONSTRAINT "second_factors_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."support_accesses" ADD CONSTRAINT "support_accesses_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."support_accesses" ADD CONSTRAINT "support_accesses_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "platform"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."support_accesses" ADD CONSTRAINT "support_accesses_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "platform"."sessions"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."tenant_sizes" ADD CONSTRAINT "tenant_sizes_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "platform"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_tenant" ON "platform"."audit" USING btree ("tenant_id","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "erasures_open" ON "platform"."erasures" USING btree ("tenant_id") WHERE withdrawn_at is null and ended_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "exports_open" ON "platform"."exports" USING btree ("tenant_id") WHERE state in ('requested', 'running');--> statement-breakpoint
CREATE INDEX "exports_tenant" ON "platform"."exports" USING btree ("tenant_id","requested_at");--> statement-breakpoint
CREATE UNIQUE INDEX "holds_open" ON "platform"."holds" USING btree ("tenant_id") WHERE lifted_at is null;--> statement-breakpoint
CREATE INDEX "imports_tenant" ON "platform"."imports" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "members_user" ON "platform"."members" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "migration_runs_requested" ON "platform"."migration_runs" USING btree ("requested_at");--> statement-breakpoint
CREATE INDEX "move_events_move" ON "platform"."move_events" USING btree ("move_id","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "moves_live" ON "platform"."moves" USING btree ("tenant_id") WHERE state not in ('cleaned', 'aborted', 'rolling_back', 'rolled_back');--> statement-breakpoint
CREATE INDEX "moves_tenant" ON "platform"."moves" USING btree ("tenant_id","requested_at");--> statement-breakpoint
CREATE UNIQUE INDEX "retention_runs_open" ON "platform"."retention_runs" USING btree ("tenant_id") WHERE state in ('waiting', 'running');--> statement-breakpoint
CREATE INDEX "retention_runs_tenant" ON "platform"."retention_runs" USING btree ("tenant_id","planned_at");--> statement-breakpoint
CREATE UNIQUE INDEX "servers_address" ON "platform"."servers" USING btree ("host","port");--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_token" ON "platform"."sessions" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "platform"."sessions" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "suspensions_open" ON "platform"."suspensions" USING btree ("tenant_id") WHERE lifted_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "tenants_slug" ON "platform"."tenants" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "usage_hour" ON "platform"."usage" USING btree ("hour");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email" ON "platform"."users" USING btree ("email");--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_hash" ON "platform"."api_keys" USING btree ("key_hash");--> statement-breakpoint
CREATE INDEX "api_keys_member" ON "platform"."api_keys" USING btree ("tenant_id","user_id");--> statement-breakpoint
CREATE INDEX "devices_user" ON "platform"."devices" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "identities_user" ON "platform"."identities" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_token" ON "platform"."invitations" USING btree ("token_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "invitations_email" ON "platform"."invitations" USING btree ("tenant_id","email");--> statement-breakpoint
CREATE UNIQUE INDEX "links_token" ON "platform"."links" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "links_email" ON "platform"."links" USING btree ("email","kind");--> statement-breakpoint
CREATE INDEX "mail_due" ON "platform"."mail" USING btree ("due_at") WHERE sent_at is null;--> statement-breakpoint
CREATE INDEX "examinations_kind" ON "platform"."examinations" USING btree ("kind","at");--> statement-breakpoint
CREATE INDEX "support_accesses_session" ON "platform"."support_accesses" USING btree ("session_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "support_accesses_tenant" ON "platform"."support_accesses" USING btree ("tenant_id","started_at");