import { lineOf, nodesOf, parse } from './syntax.mjs'

export const makers = ['tenantAction', 'operatorAction', 'publicAction', 'userAction']
const madeIn = '#app/_actions/action'

/**
 * An exported server action is a public POST, so each has to come from one of the makers, which
 * look at who calls first.
 */
export function checkActions(source) {
  if (!source.text.includes('use server')) return []
  const program = parse(source)
  const at = (node, why) => ({ path: source.path, line: lineOf(source.text, node.start), why })
  const atTop = program.body.some((node) => node.directive === 'use server')
  const inside = [...nodesOf(program.body)].filter(
    (node) => node.directive === 'use server' && !program.body.includes(node),
  )
  const offences = inside.map((node) =>
    at(
      node,
      `'use server' inside a function makes an action that no maker guards; export it from a file with 'use server' at its top`,
    ),
  )
  if (!atTop) return offences
  const trusted = importedMakers(program)
  return [
    ...offences,
    ...program.body.flatMap((node) =>
      exportsOf(node)
        .filter(({ value }) => !isMade(value, trusted))
        .map(({ name, node: place }) =>
          at(
            place,
            `the exported action ${name} is not made by one of ${makers.join(', ')} of ${madeIn}; anybody could call it unchecked`,
          ),
        ),
    ),
  ]
}

function importedMakers(program) {
  const specifiers = program.body
    .filter((node) => node.type === 'ImportDeclaration' && node.source.value === madeIn)
    .flatMap((node) => node.specifiers)
  return new Set(
    specifiers.filter((one) => makers.includes(one.imported?.name)).map((one) => one.local.name),
  )
}

function isMade(value, trusted) {
  return (
    value?.type === 'CallExpression' &&
    value.callee.type === 'Identifier' &&
    trusted.has(value.callee.name)
  )
}

// Types vanish, everything else that is exported from such a file becomes an endpoint.
function exportsOf(node) {
  if (node.exportKind === 'type') return []
  if (node.type === 'ExportAllDeclaration') return [{ name: `* of ${node.source.value}`, node }]
  if (node.type === 'ExportDefaultDeclaration')
    return [{ name: 'default', value: node.declaration, node }]
  if (node.type !== 'ExportNamedDeclaration') return []
  const { declaration } = node
  if (declaration?.type === 'VariableDeclaration')
    return declaration.declarations.map((one) => ({
      name: one.id.name ?? 'by a pattern',
      value: declaration.kind === 'const' ? one.init : undefined,
      node: one,
    }))
  if (declaration)
    return /^TS(TypeAlias|Interface)/.test(declaration.type)
      ? []
      : [{ name: declaration.id?.name ?? 'without a name', node }]
  return node.specifiers
    .filter((one) => one.exportKind !== 'type')
    .map((one) => ({ name: one.exported.name ?? one.exported.value, node: one }))
}
