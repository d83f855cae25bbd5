import { lineOf, nodesOf, parse } from './syntax.mjs'

/**
 * app/ reads and writes through the nouns of db/: no SQL of its own that would go past the door.
 */
export function checkRawSql(source) {
  if (!/sql|query/.test(source.text)) return []
  return [...nodesOf(parse(source))].filter(isSql).map((node) => ({
    path: source.path,
    line: lineOf(source.text, node.start),
    why: 'SQL in app/; move it to a function in db/ that takes the tenant transaction',
  }))
}

function isSql(node) {
  if (node.type === 'TaggedTemplateExpression') return nameOf(node.tag) === 'sql'
  if (node.type !== 'CallExpression') return false
  return (
    (node.callee.type === 'MemberExpression' && nameOf(node.callee) === 'query') ||
    nameOf(node.callee.object) === 'sql'
  )
}

function nameOf(node) {
  if (node?.type === 'Identifier') return node.name
  return node?.type === 'MemberExpression' ? (node.property.name ?? node.property.value) : undefined
}
