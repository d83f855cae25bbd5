import { migration } from '#tenancy/migrations/history'

/** A future migration: a table that no code refers to, with columns of every type. */
export const tomorrow = migration(
  'tenant',
  9001,
  '9001_every_type',
  `
create table every_type (
  tenant_id uuid not null,
  id uuid not null,
  parent_id uuid,
  yes boolean, small smallint, whole integer, large bigint, exact numeric(20, 4), any_number numeric, near real, nearer double precision,
  words text, short varchar(40), fixed char(5), day date, hour time, hour_zone timetz, moment timestamp, moment_zone timestamptz, span interval,
  old_json json, new_json jsonb, bytes bytea, many text[], numbers integer[], address inet, part int4range,
  doubled bigint generated always as (large * 2) stored,
  "odd ""name"", quoted" text,
  primary key (tenant_id, id),
  foreign key (tenant_id, parent_id) references every_type (tenant_id, id)
);
--> statement-breakpoint
select tenancy.protect(current_schema(), 'every_type');
`,
)

const words = [
  '',
  ' ',
  'plain',
  'it\'s "quoted"',
  'back\\slash \\n \\u0041',
  'line\nfeed',
  'carriage\r\nreturn',
  'tab\there',
  ',;|',
  '\u0001\u001f',
  'ü ß 漢字 😀 👨‍👩‍👧',
  '\u2028\u2029\ufeff',
  '=1+1',
  '+1',
  '-1',
  '@x',
  ' =1+1',
  '\n=1',
  'null',
  '\\N',
  '\\.',
  '{"a":1}',
  '</script>',
  'é',
  'e\u0301',
  '٣',
  'x'.repeat(5000),
]

const values: Record<string, string[]> = {
  yes: ['true', 'false'],
  small: ['-32768', '32767', '0'],
  whole: ['-2147483648', '2147483647'],
  large: ['4611686018427387903', '-4611686018427387904', '9007199254740993'],
  exact: ['1.5', '-0.0001', '9999999999999999.9999', '100'],
  any_number: ["'NaN'", "'Infinity'", '1e-20', '1.10', '12345678901234567890.123456789'],
  near: ['1.1', "'-0'", "'Infinity'"],
  nearer: ['0.1', "'-0'", '1e308', "'NaN'", '5e-324'],
  fixed: ["'ab'", "''"],
  day: ["'2024-02-29'", "'0044-03-15 BC'", "'infinity'", "'9999-12-31'"],
  hour: ["'23:59:59.999999'"],
  hour_zone: ["'12:00:00+05:30'"],
  moment: ["'2026-03-29 02:30:00.123456'", "'-infinity'"],
  moment_zone: ["'2026-03-29 02:30:00+13:45'", "'infinity'", "'0001-01-01 00:00:00+00'"],
  span: ["'1 year -2 mons 3 days 04:05:06.7'", "'-1 day'"],
  old_json: [`'{"b": 1,  "a": [1.0, null], "b": 2}'`, "'null'", "'1.10'"],
  new_json: [
    `'{"a": [1.10, null, "\\u00e9\\n"], "b": {}}'`,
    "'null'",
    `'"text"'`,
    "'[]'",
    '$$"\\\\"$$',
  ],
  bytes: [`'\\x00ff10'`, "''"],
  many: [`'{a,"b,c",NULL,"",null,"q\\"q"}'`, "'{}'"],
  numbers: [`'{{1,2},{3,4}}'`],
  address: ["'::1/128'", "'10.0.0.0/8'"],
  part: ["'[1,5)'", "'empty'"],
}

const id = (i: number) => `00000000-0000-7000-8000-${String(i).padStart(12, '0')}`
const text = (value: string) => `'${value.replaceAll("'", "''")}'`

/**
 * Returns inserts of rows with every value of every type, a row of nulls, and references to later
 * rows.
 */
export function everyValue(tenantId: string): string[] {
  const rows: Record<string, string>[] = [{}]
  for (const [column, list] of Object.entries(values))
    for (const value of list) rows.push({ [column]: value })
  for (const value of words)
    rows.push({
      words: text(value),
      short: text(value.slice(0, 40)),
      'odd "name", quoted': text(value),
      many: `array[${text(value)}, null]`,
      new_json: `to_jsonb(array[${text(value)}])`,
    })
  const inserts = rows.map((row, i) => {
    const columns = Object.keys(row).map((column) => `"${column.replaceAll('"', '""')}"`)
    return `insert into every_type (${['tenant_id', 'id', ...columns].join(', ')}) values (${[text(tenantId), text(id(i)), ...Object.values(row)].join(', ')})`
  })
  return [
    ...inserts,
    `update every_type set parent_id = '${id(rows.length - 1)}' where id < '${id(rows.length - 1)}'`,
  ]
}
