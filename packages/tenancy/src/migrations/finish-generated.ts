import type { Migration } from '#tenancy/migrations/history'
import { bareName } from '#tenancy/migrations/sql-text'

/**
 * The text of a new file as it is kept. Tenant files lose the schema that drizzle-kit writes into
 * foreign keys, and gain the protection of each new table; foreign keys of later files are added
 * unchecked and then checked in the one way that forced policies allow.
 */
export function finishGenerated({ plane, index, statements, text }: Migration): string {
  // drizzle-kit knows the registry alone, which only the main database has
  if (plane === 'tenancy') return `-- main database only\n${text}`
  if (plane !== 'tenant') return text
  const bare = statements.map((statement) => statement.replaceAll('"public".', ''))
  const keyed = index === 0 ? bare : bare.flatMap(uncheckedFirst)
  const made = keyed
    .flatMap((statement) => /^create table (?:if not exists )?(\S+)/i.exec(statement)?.[1] ?? [])
    .map(bareName)
  const protection = made
    .map((table) => `select tenancy.protect(current_schema(), '${table}')`)
    .filter((line) => !keyed.includes(line))
  return `${[...keyed, ...protection].join(';--> statement-breakpoint\n')};\n`
}

function uncheckedFirst(statement: string): string[] {
  const key = /^alter table (\S+) add constraint (\S+) foreign key /i.exec(statement)
  if (!key || /\bnot valid$/i.test(statement)) return [statement]
  const [, table = '', name = ''] = key
  return [
    `${statement} NOT VALID`,
    `select tenancy.validate(current_schema(), '${bareName(table)}', '${bareName(name)}')`,
  ]
}
