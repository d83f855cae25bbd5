import { Visitor, type ESTree } from 'rolldown/utils'
import { lintError, parse, type LintError, type SourceFile } from './syntax.ts'

/** Finds SQL in app/, which would bypass the tenant transaction. */
export function checkRawSql(source: SourceFile): LintError[] {
  if (!/sql|query/.test(source.text)) return []
  const errors: LintError[] = []
  const report = (node: ESTree.Node) =>
    errors.push(
      lintError(
        source,
        node,
        'SQL in app/; move it to a function in db/ that takes the tenant transaction',
      ),
    )
  new Visitor({
    TaggedTemplateExpression(node) {
      if (nameOf(node.tag) === 'sql') report(node)
    },
    CallExpression(node) {
      const { callee } = node
      if (callee.type !== 'MemberExpression') return
      if (nameOf(callee) === 'query' || nameOf(callee.object) === 'sql') report(node)
    },
  }).visit(parse(source))
  return errors
}

function nameOf(node: ESTree.Expression): string | undefined {
  if (node.type === 'Identifier') return node.name
  if (node.type !== 'MemberExpression') return undefined
  const { property } = node
  if (property.type === 'Literal') return String(property.value)
  return property.type === 'Identifier' ? property.name : undefined
}
