-- main database only
ALTER TABLE "tenancy"."servers" ADD COLUMN "url_parameters" text;--> statement-breakpoint
ALTER TABLE "tenancy"."servers" ADD COLUMN "username_format" text;