import { Visitor, type ESTree } from 'rolldown/utils'
import { lintError, parse, type LintError, type SourceFile } from './syntax.ts'

const makers = ['tenantAction', 'operatorAction', 'publicAction', 'userAction']
const makersModule = '#app/_actions/action'

type ExportedValue = { name: string; value?: ESTree.Node | null; node: ESTree.Node }

/**
 * An exported server action is a public POST endpoint, so each has to be the result of a maker, which
 * checks the caller first.
 */
export function checkActions(source: SourceFile): LintError[] {
  if (!source.text.includes('use server')) return []
  const program = parse(source)
  const errors: LintError[] = []
  let isActionFile = false
  new Visitor({
    ExpressionStatement(node) {
      if (node.directive !== 'use server') return
      if ((program.body as ESTree.Node[]).includes(node)) isActionFile = true
      else
        errors.push(
          lintError(
            source,
            node,
            `'use server' inside a function creates an action without a maker; export it from a file with 'use server' at the top`,
          ),
        )
    },
  }).visit(program)
  if (!isActionFile) return errors
  const imported = importedMakers(program)
  for (const { name, value, node } of program.body.flatMap(exportsOf)) {
    if (isMade(value, imported)) continue
    errors.push(
      lintError(
        source,
        node,
        `the exported action ${name} is not the result of ${makers.join(', ')} of ${makersModule}; anyone could call it unchecked`,
      ),
    )
  }
  return errors
}

function importedMakers(program: ESTree.Program): Set<string> {
  const names = new Set<string>()
  for (const node of program.body) {
    if (node.type !== 'ImportDeclaration' || node.source.value !== makersModule) continue
    for (const specifier of node.specifiers)
      if (specifier.type === 'ImportSpecifier' && makers.includes(nameOf(specifier.imported)))
        names.add(specifier.local.name)
  }
  return names
}

function isMade(value: ExportedValue['value'], imported: Set<string>): boolean {
  return (
    value?.type === 'CallExpression' &&
    value.callee.type === 'Identifier' &&
    imported.has(value.callee.name)
  )
}

// Types are erased; everything else that such a file exports becomes an endpoint.
function exportsOf(node: ESTree.Statement | ESTree.Directive): ExportedValue[] {
  switch (node.type) {
    case 'ExportAllDeclaration':
      return node.exportKind === 'type' ? [] : [{ name: `* from ${node.source.value}`, node }]
    case 'ExportDefaultDeclaration':
      return [{ name: 'default', value: node.declaration, node }]
    case 'ExportNamedDeclaration':
      return node.exportKind === 'type' ? [] : namedExportsOf(node)
    default:
      return []
  }
}

function namedExportsOf(node: ESTree.ExportNamedDeclaration): ExportedValue[] {
  const { declaration } = node
  if (declaration === null)
    return node.specifiers
      .filter((specifier) => specifier.exportKind !== 'type')
      .map((specifier) => ({ name: nameOf(specifier.exported), node: specifier }))
  if (declaration.type === 'VariableDeclaration')
    return declaration.declarations.map((variable) => ({
      name: variable.id.type === 'Identifier' ? variable.id.name : 'of a pattern',
      value: declaration.kind === 'const' ? variable.init : null,
      node: variable,
    }))
  if (/^TS(TypeAlias|Interface)/.test(declaration.type)) return []
  const id = 'id' in declaration ? declaration.id : null
  return [{ name: id && 'name' in id ? id.name : 'without a name', node }]
}

const nameOf = (name: ESTree.ModuleExportName): string =>
  name.type === 'Literal' ? name.value : name.name
