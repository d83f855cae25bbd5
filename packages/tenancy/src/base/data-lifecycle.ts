import { getTableColumns, getTableName, is, type SQL } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'

// Each table declares in its schema file what export, restore, erasure, retention and key rotation do
// with its rows. `createTenancy` refuses a table without a declaration.

/** Not a WeakMap: a bundler may load this module more than once. */
const declared = Symbol.for('rowhouse.lifecycle')

type ColumnOf<T extends PgTable> = keyof T['_']['columns'] & string

/** What happens to the rows of a tenant table. An export always contains all of them. */
export type TenantLifecycle<T extends PgTable> = {
  /**
   * The `timestamptz` column that a row's age is measured by, or why no retention rule can be set.
   * With a column, every foreign key that refers to the table must cascade.
   */
  retention: { by: ColumnOf<T> } | { never: string }
  /** Names of columns in exports of earlier builds. An import accepts them. */
  formerNames?: { readonly [column in ColumnOf<T>]?: readonly string[] }
}

/** A column with texts that `encrypt` returned. */
export type EncryptedColumn<T extends PgTable> = {
  column: ColumnOf<T>
  /** For a `jsonb` column: the field that holds the text. */
  field?: string
  /** The `context` with which a row's text was encrypted. */
  context: (row: T['$inferSelect']) => string
}

/** What happens to the rows of a table in the main database. */
export type ControlPlaneLifecycle<T extends PgTable> = {
  /**
   * The column with the tenant's id, or a condition for the tenant's rows; null when rows belong to
   * no tenant.
   */
  tenant: ColumnOf<T> | ((tenantId: string) => SQL) | null
  /** The file of a tenant's export that contains data of this table. */
  export: 'manifest.json' | 'members.ndjson' | 'none'
  /** Whether rows are transferred to the restored tenant, or stay with the one that it replaces. */
  restore: 'transfer' | 'stay'
  /**
   * - `delete`: rows of the tenant are deleted.
   * - `set null`: rows stay, the tenant's column is set to null.
   * - `cascade`: rows are deleted by the foreign key to a row that is deleted.
   * - `by email`: rows with the address of an erased person are deleted, see `email`.
   * - `person`: each row is a person, whom `members.erase` deletes with their last tenant. The
   *   tenant's column is set to null.
   * - `redact`: rows stay, and `tenancy.redact_audit()` removes their content.
   * - `keep`: rows stay. They must not contain personal data.
   */
  erase: 'delete' | 'set null' | 'cascade' | 'by email' | 'person' | 'redact' | 'keep'
  /** Columns with personal data. */
  personal: readonly ColumnOf<T>[]
  /** A column with an email address. Rows with the address of an erased person are deleted. */
  email?: ColumnOf<T>
  encrypted?: readonly EncryptedColumn<T>[]
}

/** A declared tenant table, with the SQL names of its columns. */
export type TenantTable = {
  name: string
  retention: { by: string } | { never: string }
  /** Current column names, by former name. */
  formerNames: ReadonlyMap<string, string>
}

/** A declared table of the main database, with the SQL names of its columns. */
export type ControlPlaneTable = Pick<
  ControlPlaneLifecycle<PgTable>,
  'export' | 'restore' | 'erase'
> & {
  schema: string
  name: string
  tenant: string | ((tenantId: string) => SQL) | null
  personal: readonly string[]
  email: string | undefined
  encrypted: readonly (EncryptedColumn<PgTable> & { name: string })[]
  /** Undefined for a table without a Drizzle definition. */
  table: PgTable | undefined
}

/**
 * Declares what happens to the rows of a tenant table.
 * @param table - A table of the tenant history, without a schema.
 * @param lifecycle - Columns are named as in the Drizzle table.
 */
export function tenantTable<T extends PgTable>(table: T, lifecycle: TenantLifecycle<T>): void {
  const { retention, formerNames = {} } = lifecycle
  const names = namesOf(table)
  const made: TenantTable = {
    name: getTableName(table),
    retention: 'by' in retention ? { by: names(retention.by) } : retention,
    formerNames: new Map(
      Object.entries<readonly string[] | undefined>(formerNames).flatMap(([column, former = []]) =>
        former.map((name): [string, string] => [name, names(column)]),
      ),
    ),
  }
  Object.assign(table, { [declared]: made })
}

/**
 * Declares what happens to the rows of a table in the main database.
 * @param table - A table of the schema `tenancy` or `platform`.
 * @param lifecycle - Columns are named as in the Drizzle table.
 */
export function controlPlaneTable<T extends PgTable>(
  table: T,
  lifecycle: ControlPlaneLifecycle<T>,
): void {
  const { tenant, personal, email, encrypted = [], ...rest } = lifecycle
  const names = namesOf(table)
  const made: ControlPlaneTable = {
    ...rest,
    schema: getTableConfig(table).schema ?? '',
    name: getTableName(table),
    tenant: typeof tenant === 'string' ? names(tenant) : tenant,
    personal: personal.map(names),
    email: email && names(email),
    encrypted: (encrypted as unknown as readonly EncryptedColumn<PgTable>[]).map((one) => ({
      ...one,
      name: names(one.column),
    })),
    table,
  }
  Object.assign(table, { [declared]: made })
}

/**
 * Declares what happens to the rows of an engine table without a Drizzle definition.
 * @param name - A table of the schema `tenancy`.
 * @param lifecycle - Which rows belong to a tenant, and what erasure does with them.
 * @returns The declaration, which the schema file exports.
 */
export const sqlTable = (
  name: string,
  lifecycle: Pick<ControlPlaneTable, 'tenant' | 'erase'>,
): ControlPlaneTable => ({
  ...lifecycle,
  schema: 'tenancy',
  name,
  export: 'none',
  restore: 'stay',
  personal: [],
  email: undefined,
  encrypted: [],
  table: undefined,
})

/**
 * Reads the declarations of schema files.
 * @param modules - The exports of each file.
 * @returns The declared tables, and the names of those without a declaration.
 */
export function declarationsOf(modules: readonly object[]): {
  tenant: TenantTable[]
  controlPlane: ControlPlaneTable[]
  undeclared: string[]
} {
  const found = {
    tenant: [] as TenantTable[],
    controlPlane: [] as ControlPlaneTable[],
    undeclared: [] as string[],
  }
  for (const value of new Set(modules.flatMap((module): unknown[] => Object.values(module)))) {
    if (isSqlTable(value)) found.controlPlane.push(value)
    if (!is(value, PgTable)) continue
    const { schema, name } = getTableConfig(value)
    const made = (value as PgTable & { [declared]?: TenantTable | ControlPlaneTable })[declared]
    if (!made) found.undeclared.push(schema ? `${schema}.${name}` : name)
    else if ('retention' in made) found.tenant.push(made)
    else found.controlPlane.push(made)
  }
  return found
}

const isSqlTable = (value: unknown): value is ControlPlaneTable =>
  typeof value === 'object' && value !== null && 'erase' in value && 'restore' in value

const namesOf = (table: PgTable) => {
  const columns = getTableColumns(table)
  return (column: string): string => {
    const found = columns[column]
    if (!found) throw new TypeError(`${getTableName(table)} has no column ${column}`)
    return found.name
  }
}
