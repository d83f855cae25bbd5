import type { Constraint, Node, RangeVar } from 'libpg-query'
import type { Migration } from '#tenancy/migrations/history'
import { UnparsableSql } from '#tenancy/migrations/errors'

/** One SQL statement, parsed by PostgreSQL's own parser. */
export type ParsedStatement = {
  node: Node
  /** Its source text, including the comments before it. */
  sql: string
  /**
   * True for a `do` block that cannot be analysed, because it executes strings or is not written in
   * PL/pgSQL.
   */
  dynamic: boolean
}

/** The text between two breakpoints of a migration file. */
export type FilePart = {
  sql: string
  /** `sql` on one line, without comments. */
  text: string
  /** Its statements. Those in the body of a `do` block follow the block. */
  statements: ParsedStatement[]
}

const mostTexts = 2000

/**
 * The parser is 1.7 MB of WebAssembly, so it is loaded on first use. Results are kept: each call
 * leaks about 20 kB in libpg-query 18.1, and a server parses the same few migrations again and again.
 */
const parser = () => (loading ??= load())
let loading: ReturnType<typeof load> | undefined

async function load() {
  const { parse, scan, parsePlPgSQL, hasSqlDetails } = await import('libpg-query')
  return {
    parse: remembered(parse),
    scan: remembered(scan),
    parsePlPgSQL: remembered(parsePlPgSQL),
    hasSqlDetails,
  }
}

function remembered<T>(run: (sql: string) => Promise<T>): (sql: string) => Promise<T> {
  const results = new Map<string, Promise<T>>()
  return (sql) => {
    const known = results.get(sql)
    if (known) return known
    if (results.size >= mostTexts) results.clear()
    const result = run(sql)
    results.set(sql, result)
    return result
  }
}

/**
 * Parses every part of a migration file.
 * @throws UnparsableSql with the position in the file.
 */
export async function parseMigration(file: Migration): Promise<FilePart[]> {
  const parts: FilePart[] = []
  let offset = 0
  for (const sql of file.statements) {
    offset = file.text.indexOf(sql, offset)
    parts.push({
      sql,
      text: await onOneLine(sql),
      statements: await parseSql(sql, { name: file.tag, before: file.text.slice(0, offset) }),
    })
    offset += sql.length
  }
  return parts
}

/** The name of a text for errors, and the text before it, so that errors have the right line. */
type Source = { name: string; before?: string }

/**
 * Parses SQL text with any number of statements. Those in the body of a `do` block follow the block.
 * @throws UnparsableSql
 */
export async function parseSql(
  sql: string,
  source: Source = { name: 'SQL' },
): Promise<ParsedStatement[]> {
  const statements: ParsedStatement[] = []
  for (const { node, sql: text } of await splitSql(sql, source)) {
    const statement = { node, sql: text, dynamic: false }
    statements.push(
      ...('DoStmt' in node ? await parseDoBlock(statement, source.name) : [statement]),
    )
  }
  return statements
}

/**
 * Splits SQL text into its statements.
 * @throws UnparsableSql
 */
export async function splitSql(
  sql: string,
  source: Source,
): Promise<Pick<ParsedStatement, 'node' | 'sql'>[]> {
  if (sql.trim() === '') return []
  const { parse, hasSqlDetails } = await parser()
  const { stmts = [] } = await parse(sql).catch((error: unknown) => {
    if (!hasSqlDetails(error)) throw error
    const { message, cursorPosition } = error.sqlDetails ?? { message: error.message }
    // the parser counts characters, but JavaScript counts UTF-16 units
    const upTo = Array.from(sql).slice(0, cursorPosition).join('')
    throw new UnparsableSql(source.name, message, positionAfter((source.before ?? '') + upTo))
  })
  const bytes = Buffer.from(sql)
  return stmts.flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    if (!stmt) return []
    const text = bytes
      .subarray(from, length && from + length)
      .toString()
      .trim()
    return [{ node: stmt, sql: text }]
  })
}

function positionAfter(text: string): { line: number; column: number } {
  const lines = text.split('\n')
  return { line: lines.length, column: Array.from(lines.at(-1) ?? '').length + 1 }
}

/** Returns the block and the statements in its body, except those that it executes as strings. */
async function parseDoBlock(block: ParsedStatement, name: string): Promise<ParsedStatement[]> {
  const language = all(block.node, 'DefElem').find(({ defname }) => defname === 'language')
  const [named] = language ? all(language, 'String') : []
  if (named && named.sval?.toLowerCase() !== 'plpgsql') return [{ ...block, dynamic: true }]
  const { parsePlPgSQL } = await parser()
  const body: unknown = await parsePlPgSQL(block.sql).catch((error: unknown) => {
    throw new UnparsableSql(name, error instanceof Error ? error.message : String(error), null)
  })
  // other PL/pgSQL expressions, such as conditions, have another mode
  const queries = allValues(body, 'PLpgSQL_expr').filter(isWholeStatement)
  const inner = await Promise.all(queries.map(({ query }) => parseSql(query, { name })))
  const dynamic = allValues(body, 'PLpgSQL_stmt_dynexecute').length > 0
  return [{ ...block, dynamic }, ...inner.flat()]
}

const isWholeStatement = (value: unknown): value is { query: string } =>
  typeof value === 'object' &&
  value !== null &&
  'query' in value &&
  typeof value.query === 'string' &&
  !('parseMode' in value && value.parseMode !== 0)

/** Formats SQL on one line, without comments. Strings and quoted names are unchanged. */
export async function onOneLine(sql: string): Promise<string> {
  const tokens = await tokensOf(sql)
  return tokens
    .map(({ text, start }, i) => (start > (tokens[i - 1]?.end ?? start) ? ` ${text}` : text))
    .join('')
}

/**
 * Removes some tokens from SQL and leaves the rest unchanged.
 * @param drop - Called with the source text of each token and of its neighbours.
 */
export async function withoutTokens(
  sql: string,
  drop: (token: string, previous: string | undefined, next: string | undefined) => boolean,
): Promise<string> {
  const tokens = await tokensOf(sql)
  const bytes = Buffer.from(sql)
  const kept: string[] = []
  let from = 0
  for (const [i, { text, start, end }] of tokens.entries()) {
    if (!drop(text, tokens[i - 1]?.text, tokens[i + 1]?.text)) continue
    kept.push(bytes.subarray(from, start).toString())
    from = end
  }
  return [...kept, bytes.subarray(from).toString()].join('')
}

/** Reads the tokens of SQL, except comments. Positions are in bytes. */
export async function tokensOf(
  sql: string,
): Promise<{ text: string; start: number; end: number }[]> {
  const { scan } = await parser()
  const { tokens } = await scan(sql)
  return tokens.filter(({ tokenName }) => !tokenName.endsWith('_COMMENT'))
}

type NodeOf<K extends string> = Extract<Node, Record<K, unknown>>[K &
  keyof Extract<Node, Record<K, unknown>>]
type NodeName = Node extends infer N ? (N extends unknown ? keyof N : never) : never

/** Finds every node of one type in a tree, in source order. */
export const all = <K extends NodeName>(tree: unknown, type: K): NodeOf<K>[] =>
  allValues(tree, type) as NodeOf<K>[]

function allValues(tree: unknown, key: string): unknown[] {
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([name, value]) => [
    ...(name === key ? [value] : []),
    ...allValues(value, key),
  ])
}

/** Finds every relation that a tree names. The parser wraps only some of them in a node. */
export function relationsIn(tree: unknown): RangeVar[] {
  if (typeof tree !== 'object' || tree === null) return []
  return [
    ...('relname' in tree ? [tree as RangeVar] : []),
    ...Object.values(tree).flatMap(relationsIn),
  ]
}

/** Reads a list of names. */
export const strings = (nodes: Node[] = []): string[] =>
  nodes.flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []))

/** The names of the functions that statements create, without their schema. */
export const createdFunctions = (statements: ParsedStatement[]): string[] =>
  statements.flatMap(({ node }) =>
    'CreateFunctionStmt' in node ? (strings(node.CreateFunctionStmt.funcname).at(-1) ?? []) : [],
  )

/** The tables that statements create. */
export const createdTables = (statements: ParsedStatement[]): string[] =>
  statements.flatMap(({ node }) => {
    if ('CreateStmt' in node) return node.CreateStmt.relation?.relname ?? []
    if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.objtype === 'OBJECT_TABLE')
      return node.CreateTableAsStmt.into?.rel?.relname ?? []
    return []
  })

/**
 * Reads the literal arguments of a call such as
 * `select tenancy.protect(current_schema(), 'orders')`. Null for any other statement.
 */
export function callOf(node: Node, name: 'protect' | 'validate'): string[] | null {
  if (!('SelectStmt' in node)) return null
  const [target] = node.SelectStmt.targetList ?? []
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined
  if (!value || !('FuncCall' in value)) return null
  const { funcname, args = [] } = value.FuncCall
  if (strings(funcname).join('.') !== `tenancy.${name}`) return null
  return args.flatMap((arg) => ('A_Const' in arg ? (arg.A_Const.sval?.sval ?? []) : []))
}

/** The constraints that a statement adds to an existing table. */
export const addedConstraints = (node: Node): Constraint[] =>
  'AlterTableStmt' in node ? all(node, 'Constraint') : []
