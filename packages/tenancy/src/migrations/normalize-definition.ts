import { parseSql, tokensOf } from '#tenancy/migrations/parse-sql'

/**
 * Normalises the expressions in a definition that PostgreSQL printed. After a dump and a restore
 * PostgreSQL prints some of them in another form, although they mean the same: it creates
 * `(a between 1 and 2) and b` as nested conditions, prints them, and reads them back as one list.
 * @param definition - The text of a constraint, index, policy, trigger, view, default or column.
 * @returns The definition with each expression in parentheses replaced by its normalised syntax tree.
 *   For comparison only: it is not SQL.
 */
export async function normalizeDefinition(definition: string): Promise<string> {
  const bytes = Buffer.from(definition)
  const between = (from: number, to?: number) => bytes.subarray(from, to).toString()
  const tokens = await tokensOf(definition)
  const parts: string[] = []
  let from = 0
  for (let i = 0; i < tokens.length; i++) {
    const end = tokens[i]?.text === '(' ? closing(tokens, i) : undefined
    const [open, close] = [tokens[i], end === undefined ? undefined : tokens[end]]
    if (!open || !close || end === undefined) continue
    const tree = await expressionTree(between(open.start, close.end))
    if (tree === undefined) continue
    parts.push(between(from, open.start), tree)
    from = close.end
    i = end
  }
  return [...parts, between(from)].join('')
}

/** Returns the index of the parenthesis that closes the one at `open`. */
function closing(tokens: { text: string }[], open: number): number | undefined {
  let depth = 0
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i]?.text === '(') depth++
    if (tokens[i]?.text === ')' && --depth === 0) return i
  }
  return undefined
}

/** Undefined if the text is not an expression, such as the columns of an index with their order. */
async function expressionTree(text: string): Promise<string | undefined> {
  const statements = await parseSql(`select ${text}`).catch(() => [])
  return statements.length === 1 ? JSON.stringify(normalizeTree(statements[0]?.node)) : undefined
}

const positions = new Set([
  'location',
  'list_start',
  'list_end',
  'rexpr_list_start',
  'rexpr_list_end',
])

/** The parser itself has removed parentheses, and made one list of nested conditions. */
function normalizeTree(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(normalizeTree)
  if (typeof tree !== 'object' || tree === null) return tree
  return castElements(
    Object.fromEntries(
      Object.entries(tree)
        .filter(([name]) => !positions.has(name))
        .map(([name, value]) => [name, normalizeTree(value)]),
    ),
  )
}

type Tree = Record<string, unknown>
type Cast = { arg?: { A_ArrayExpr?: { elements?: unknown[] } }; typeName?: Tree }

/** `(array[a, b])::text[]` is `array[a::text, b::text]`. */
function castElements(tree: Tree): Tree {
  const { arg, typeName } = (tree as { TypeCast?: Cast }).TypeCast ?? {}
  const { arrayBounds, ...elementType } = typeName ?? {}
  if (!arg?.A_ArrayExpr || !arrayBounds) return tree
  return {
    A_ArrayExpr: {
      elements: (arg.A_ArrayExpr.elements ?? []).map((one) => ({
        TypeCast: { arg: one, typeName: elementType },
      })),
    },
  }
}
