/** Table locks, weakest first, by what they keep out. */
export const statementLocks = {
  none: 'nobody',
  'access share': 'nobody but drop and rewrite',
  'row share': 'nobody but drop and rewrite',
  'row exclusive': 'other schema changes',
  'share update exclusive': 'other schema changes',
  share: 'writers',
  'share row exclusive': 'writers',
  exclusive: 'writers',
  'access exclusive': 'readers and writers',
} as const

export type Lock = keyof typeof statementLocks

/**
 * What one statement or one action of `alter table` does. `reads`: goes through the whole table
 * while it holds its lock.
 */
export type Impact = {
  lock: Lock
  rewrites?: true
  reads?: true
  breaks?: true
  why?: string
  safer?: string
}

type Rule = [pattern: RegExp, effect: Impact]

const concurrently = 'create index concurrently, in a file of its own marked `-- no transaction`'
const validateLater =
  'add it `not valid` here and `validate constraint` in a later file, which keeps nobody out'
const unlocked =
  'in a file of its own marked `-- no transaction`: `no force row level security` on both tables, `validate constraint`, `force row level security` on both'
const contract =
  'expand and contract: let the code stop using it in one release, take it away in the next, and mark the file `-- breaking:`'
const volatile =
  /\bdefault\b.*\b(gen_random_uuid|uuidv7|uuidv4|random|clock_timestamp|timeofday|nextval|txid_current)\s*\(/i

/** Actions of `alter table`, the first that fits. */
export const actions: Rule[] = [
  [
    /^add (column )?(if not exists )?.*\bgenerated always as \(.*\) stored/i,
    {
      lock: 'access exclusive',
      rewrites: true,
      why: 'a stored generated column is computed for every row',
      safer:
        'add a plain column, fill it by a data step and keep it with a trigger, or generate it virtual',
    },
  ],
  [
    /^add (column )?(if not exists )?.*\bgenerated (always|by default) as identity/i,
    {
      lock: 'access exclusive',
      rewrites: true,
      why: 'every row gets a number',
      safer: 'ids are UUIDs here; take a counter row per tenant for numbers',
    },
  ],
  [
    new RegExp(
      `^add (column )?(?!constraint|primary|unique|check|foreign|exclude).*${volatile.source}`,
      'i',
    ),
    {
      lock: 'access exclusive',
      rewrites: true,
      why: 'its default differs from row to row',
      safer:
        'add the column without a default, set the default in a second statement, and fill old rows by a data step',
    },
  ],
  [/^add (constraint \S+ )?(unique|primary key) using index/i, { lock: 'access exclusive' }],
  [
    /^add (constraint \S+ )?(unique|primary key)/i,
    {
      lock: 'access exclusive',
      reads: true,
      why: 'the index is built under the lock',
      safer:
        '`create unique index concurrently` in a file marked `-- no transaction`, then `add constraint … using index`',
    },
  ],
  [/^add (constraint \S+ )?foreign key.*\bnot valid$/i, { lock: 'share row exclusive' }],
  [
    /^add (constraint \S+ )?foreign key/i,
    {
      lock: 'share row exclusive',
      reads: true,
      why: 'every row is looked up, and forced policies refuse that',
      safer: 'add it `not valid`, then `select tenancy.validate(current_schema(), table, name)`',
    },
  ],
  [/^add (constraint \S+ )?(check|not null)\b.*\bnot valid$/i, { lock: 'access exclusive' }],
  [
    /^add (constraint \S+ )?(check|not null)\b/i,
    { lock: 'access exclusive', reads: true, why: 'every row is checked', safer: validateLater },
  ],
  [
    /^add (constraint \S+ )?exclude\b/i,
    { lock: 'access exclusive', reads: true, why: 'the index is built under the lock' },
  ],
  [
    /^add (column )?(if not exists )?(?!.*\bdefault\b).*\bnot null\b/i,
    {
      lock: 'access exclusive',
      reads: true,
      why: 'it fails wherever the table has rows',
      safer:
        'give it a default, or add it nullable and set it not null after a data step has filled it',
    },
  ],
  [/^add (column )?/i, { lock: 'access exclusive' }],
  [
    /^alter (column )?\S+ (set data )?type /i,
    {
      lock: 'access exclusive',
      rewrites: true,
      why: 'every row and index is written anew, unless the old type is stored alike',
      safer:
        'add a column of the new type, fill it by a data step, switch the code, take the old one away',
    },
  ],
  [
    /^alter (column )?\S+ set not null$/i,
    {
      lock: 'access exclusive',
      reads: true,
      why: 'every row is checked',
      safer:
        'first `add constraint … check (… is not null) not valid` and `validate constraint`; then this is done in a moment',
    },
  ],
  [/^alter (column )?\S+ (set statistics|set \(|reset \()/i, { lock: 'share update exclusive' }],
  [/^alter (column )?\S+ /i, { lock: 'access exclusive' }],
  [/^validate constraint /i, { lock: 'share update exclusive', reads: true }],
  [/^drop constraint /i, { lock: 'access exclusive' }],
  [
    /^drop (column )?/i,
    {
      lock: 'access exclusive',
      breaks: true,
      why: 'code of the release before still names it',
      safer: contract,
    },
  ],
  [
    /^rename /i,
    {
      lock: 'access exclusive',
      breaks: true,
      why: 'code of the release before knows the old name only',
      safer: contract,
    },
  ],
  [/^(set|reset) \((fillfactor|autovacuum|toast)/i, { lock: 'share update exclusive' }],
  [
    /^(set (logged|unlogged|tablespace|access method))/i,
    { lock: 'access exclusive', rewrites: true, why: 'the whole table is copied' },
  ],
  [/^attach partition/i, { lock: 'share update exclusive', reads: true }],
  [/^(enable|disable) trigger/i, { lock: 'share row exclusive' }],
  [/^(enable|disable|force|no force) /i, { lock: 'access exclusive' }],
]

/**
 * Whole statements, the first that fits. What names a table in its first group takes its lock
 * there.
 */
export const statements: Rule[] = [
  [
    /^create (?:unique )?index concurrently (?:if not exists )?\S+ on (?:only )?(\S+)/i,
    { lock: 'share update exclusive', reads: true },
  ],
  [
    /^create (?:unique )?index (?:if not exists )?\S+ on (?:only )?(\S+)/i,
    { lock: 'share', reads: true, why: 'the index is built under the lock', safer: concurrently },
  ],
  [/^drop index concurrently /i, { lock: 'share update exclusive' }],
  [
    /^drop index /i,
    {
      lock: 'access exclusive',
      why: 'it waits for everyone on the table, and everyone after it waits too',
      safer: 'drop index concurrently, in a file marked `-- no transaction`',
    },
  ],
  [/^reindex .*\bconcurrently\b/i, { lock: 'share update exclusive', reads: true }],
  [
    /^reindex /i,
    {
      lock: 'access exclusive',
      reads: true,
      why: 'the index is built under the lock',
      safer: 'reindex concurrently, in a file marked `-- no transaction`',
    },
  ],
  [/^alter index /i, { lock: 'share update exclusive' }],
  [
    /^drop table (?:if exists )?(\S+)/i,
    {
      lock: 'access exclusive',
      breaks: true,
      why: 'code of the release before still reads it',
      safer: contract,
    },
  ],
  [
    /^truncate (?:table )?(\S+)/i,
    {
      lock: 'access exclusive',
      why: "it takes every tenant's rows, past row-level security",
      safer: 'delete per tenant in a data step',
    },
  ],
  [
    /^(?:create|create or replace) (?:constraint )?trigger \S+ .*? on (\S+)/i,
    { lock: 'share row exclusive' },
  ],
  [/^drop trigger (?:if exists )?\S+ on (\S+)/i, { lock: 'access exclusive' }],
  [/^(?:create|alter) policy \S+ on (\S+)/i, { lock: 'access exclusive' }],
  [/^drop policy (?:if exists )?\S+ on (\S+)/i, { lock: 'access exclusive' }],
  [
    /^select tenancy\.validate\(current_schema\(\), '(\w+)'/i,
    { lock: 'access exclusive', reads: true, why: 'every row is looked up', safer: unlocked },
  ],
  [/^select tenancy\.protect\(current_schema\(\), '(\w+)'\)/i, { lock: 'access exclusive' }],
  [
    /^(?:insert into|delete from) (\S+)/i,
    {
      lock: 'row exclusive',
      why: 'row-level security refuses it here',
      safer: 'a data step, which runs in a transaction of each tenant',
    },
  ],
  [
    /^update (?:only )?(\S+)/i,
    {
      lock: 'row exclusive',
      why: 'row-level security refuses it here',
      safer: 'a data step, which runs in a transaction of each tenant',
    },
  ],
  [
    /^(?:vacuum full|cluster) (\S+)/i,
    { lock: 'access exclusive', rewrites: true, why: 'the whole table is copied' },
  ],
  [/^(?:vacuum|analyze) (\S+)/i, { lock: 'share update exclusive', reads: true }],
  [/^comment on table (\S+)/i, { lock: 'share update exclusive' }],
  [/^comment on column (\S+)\.[^.\s]+ is/i, { lock: 'share update exclusive' }],
  [/^create statistics .* from (\S+)/i, { lock: 'share update exclusive' }],
  [
    /^(create (or replace )?(function|procedure|view|type|domain|sequence|schema|table)|drop (function|view|type|domain|sequence)|grant|revoke|set|select|comment|alter (function|default privileges))\b/i,
    { lock: 'none' },
  ],
]

/** For what no rule knows. */
export const unknownImpact: Impact = {
  lock: 'access exclusive',
  why: 'it is not known here what this locks',
  safer: 'try it on a copy of the largest target, and look into pg_locks before it commits',
}
