import { parseSync, Visitor, type ESTree } from 'rolldown/utils'
import { lintError, type LintError, type SourceFile } from './syntax.ts'

// a destructured parameter has no name, so its tag may have any
const unnamed = '{…}'

type Callable = { params: readonly ESTree.ParamPattern[] }

/** Finds `@param` tags that name no parameter of the function below them. */
export function checkParamNames(source: SourceFile): LintError[] {
  if (!source.text.includes('@param')) return []
  const { program, comments } = parseSync(source.path, source.text)
  const functions = functionsByStart(program)
  return comments.flatMap((comment) => {
    if (!comment.value.includes('@param')) return []
    const start = comment.end + (/\S/.exec(source.text.slice(comment.end))?.index ?? 0)
    const names = functions.get(start)
    if (names === undefined || names.includes(unnamed)) return []
    return [...comment.value.matchAll(/@param\s+(\w+)/g)]
      .filter(([, name = '']) => !names.includes(name))
      .map(([, name]) =>
        lintError(
          source,
          comment,
          `@param ${name} names no parameter; the parameters are: ${names.join(', ') || 'none'}`,
        ),
      )
  })
}

/** The parameter names of each function, by the offset at which its declaration starts. */
function functionsByStart(program: ESTree.Program): Map<number, string[]> {
  const found = new Map<number, string[]>()
  const add = (node: ESTree.Node, callable: Callable | null | undefined) => {
    if (callable) found.set(node.start, callable.params.map(nameOf))
  }
  new Visitor({
    ExportNamedDeclaration: (node) => add(node, callableOf(node.declaration)),
    ExportDefaultDeclaration: (node) => add(node, callableOf(node.declaration)),
    FunctionDeclaration: (node) => add(node, node),
    VariableDeclaration: (node) => add(node, callableOf(node)),
    MethodDefinition: (node) => add(node, node.value),
    PropertyDefinition: (node) => add(node, callableOf(node.value)),
    Property: (node) => add(node, callableOf(node.value)),
    TSMethodSignature: (node) => add(node, node),
    TSPropertySignature: (node) => add(node, callableOf(node.typeAnnotation?.typeAnnotation)),
    TSTypeAliasDeclaration: (node) => add(node, callableOf(node.typeAnnotation)),
  }).visit(program)
  return found
}

function callableOf(node: ESTree.Node | null | undefined): Callable | undefined {
  switch (node?.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'TSFunctionType':
      return node
    case 'VariableDeclaration':
      return callableOf(node.declarations[0]?.init)
    case 'TSTypeAliasDeclaration':
      return callableOf(node.typeAnnotation)
    default:
      return undefined
  }
}

function nameOf(param: ESTree.ParamPattern): string {
  switch (param.type) {
    case 'Identifier':
      return param.name
    case 'AssignmentPattern':
      return param.left.type === 'Identifier' ? param.left.name : unnamed
    case 'RestElement':
      return param.argument.type === 'Identifier' ? param.argument.name : unnamed
    case 'TSParameterProperty':
      return nameOf(param.parameter)
    default:
      return unnamed
  }
}
