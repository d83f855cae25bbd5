import type { Migration } from '#tenancy/migrations/history'
import { bareName, plain } from '#tenancy/migrations/sql-text'

type Rule = { forbids: RegExp; because: string }

const everywhere: Rule[] = [
  {
    forbids: /^(begin|commit|rollback|start transaction)\b/i,
    because: 'the runner begins and ends the transaction',
  },
  { forbids: /^(set|reset) (?!local\b)/i, because: 'a setting would outlive the file' },
]

const inTenantFiles: Rule[] = [
  {
    forbids: /"public"\./i,
    because:
      "it would reach into another schema; npm run db:generate takes drizzle-kit's own mentions out",
  },
  {
    forbids:
      /\b(?:table|references|on|index|type|into|update|from|sequence)(?: if (?:not )?exists| only)? "?(?!tenancy\b|pg_catalog\b)\w+"?\."?\w+"?/i,
    because: 'names stand without a schema: the search path places them',
  },
  {
    forbids: /^create type .* as enum/i,
    because:
      'an enum is another type in every schema, and rows could not move; take text with a check',
  },
  {
    forbids: /^create sequence|\bgenerated (always|by default) as identity|\b(small|big)?serial\b/i,
    because: 'its numbers would clash after a move; ids are UUIDs, numbers come from counters',
  },
  {
    forbids: /^(insert|update|delete|truncate|merge)\b/i,
    because: 'row-level security narrows it to nothing; write a data step',
  },
  {
    forbids: /\bforeign key ?\((?!"?tenant_id"?,)/i,
    because: "a foreign key starts with tenant_id, or it would link to a neighbour's row",
  },
  {
    forbids: /\bon delete set null(?! ?\()/i,
    because: 'it would set tenant_id to null too; name the column: set null (column)',
  },
  {
    forbids: /^create unique index \S+( if not exists)? on \S+( using \w+)? ?\((?!"?tenant_id"?)/i,
    because: "a unique index starts with tenant_id, or it would tell of a neighbour's row",
  },
  {
    forbids: /\b(primary key|unique)( nulls not distinct)? ?\((?!"?tenant_id"?)/i,
    because: 'a key starts with tenant_id',
  },
]

const repeatable = [
  /^create (unique )?index concurrently if not exists /i,
  /^drop index concurrently if exists /i,
  /^reindex (table|index) concurrently /i,
  /^alter table \S+ validate constraint \S+$/i,
  /^alter table \S+ (no )?force row level security$/i,
  /^(vacuum|analyze) /i,
]

/**
 * What must not be in the files of one plane, as one line each: tag, statement, reason. In: the
 * whole history, oldest first.
 */
export const lintMigrations = (history: Migration[]): string[] =>
  history.flatMap((file) => {
    const statements = file.statements.map(plain)
    const found = statements.flatMap((text) => [
      ...[...everywhere, ...(file.plane === 'tenant' ? inTenantFiles : [])]
        .filter(({ forbids }) => forbids.test(text))
        .map(({ because }) => ({ text, because })),
      ...(file.transactional ? inTransaction(text) : outside(text)),
      ...(file.plane === 'tenant' ? inLaterFiles(text, file.index > 0) : []),
    ])
    return [...found, ...(file.plane === 'tenant' ? unprotected(statements) : [])].map(
      ({ text, because }) => `${file.tag}: ${text.slice(0, 90)}: ${because}`,
    )
  })

type Finding = { text: string; because: string }

const inTransaction = (text: string): Finding[] =>
  /\bconcurrently\b|^vacuum\b/i.test(text)
    ? [
        {
          text,
          because:
            'it can not run in a transaction; put it into a file of its own with the line `-- no transaction`',
        },
      ]
    : []

const outside = (text: string): Finding[] =>
  repeatable.some((form) => form.test(text))
    ? []
    : [
        {
          text,
          because:
            'a file without a transaction may be run again from its start; allowed are create index concurrently if not exists, drop index concurrently if exists, reindex concurrently, validate constraint, force, vacuum and analyze',
        },
      ]

const inLaterFiles = (text: string, later: boolean): Finding[] =>
  later && /\bforeign key\b/i.test(text) && !/\bnot valid\b/i.test(text)
    ? [
        {
          text,
          because:
            'forced policies refuse to look every row up; add it `not valid`, then select tenancy.validate(current_schema(), table, name)',
        },
      ]
    : []

function unprotected(statements: string[]): Finding[] {
  const made = statements
    .flatMap((text) => /^create table (?:if not exists )?(\S+)/i.exec(text)?.[1] ?? [])
    .map(bareName)
  return made
    .filter(
      (table) =>
        !statements.some((text) => text.includes(`tenancy.protect(current_schema(), '${table}')`)),
    )
    .map((table) => ({
      text: `create table ${table}`,
      because: `no policy protects it; end the file with select tenancy.protect(current_schema(), '${table}')`,
    }))
}
