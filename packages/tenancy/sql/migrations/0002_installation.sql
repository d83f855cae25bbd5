-- How strictly the doctor checks this database. `hardened`: built-in functions that SQL of one tenant could use against
-- another are revoked. `managed`: the administrator may not revoke them.
create table tenancy.installation (
  one boolean primary key default true check (one),
  profile text not null check (profile in ('hardened', 'managed'))
);
--> statement-breakpoint
-- main database only
ALTER TABLE "tenancy"."check_runs" ADD COLUMN "notes" jsonb DEFAULT '[]'::jsonb NOT NULL;
