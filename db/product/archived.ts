import { sql, type SQL } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'

/**
 * The condition that a row is archived, or is not. Shared tables have no statistics, and for a plain
 * `is null` the planner would then expect so few rows that it sorts all of them for each page. For
 * this form it expects a third.
 */
export const isArchived = (archivedAt: AnyPgColumn, archived: boolean): SQL =>
  archived ? sql`num_nonnulls(${archivedAt}) > 0` : sql`num_nulls(${archivedAt}) > 0`
