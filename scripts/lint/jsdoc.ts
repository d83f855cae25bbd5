import { parseSync, Visitor, type ESTree } from 'rolldown/utils'
import { lintError, parse, type LintError, type SourceFile } from './syntax.ts'

// a destructured parameter has no name, so its tag may have any
const unnamed = '{…}'

type Callable = {
  params: readonly ESTree.ParamPattern[]
  returnType?: ESTree.TSTypeAnnotation | null
}
/** `start` is the offset of the declaration, `export` included. */
type Exported = { source: SourceFile; start: number; name: string; callable: Callable }

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

/**
 * Finds functions of a package's public entry points that lack a docstring, an `@param` with a
 * description for a parameter, or `@returns` with a description. A destructured parameter needs one
 * tag of any name; a function whose return type is `void` or `Promise<void>` needs no `@returns`.
 * @param sources - All files that the entry points can reach, by path.
 * @param entries - The paths of the entry points.
 * @param resolve - Returns the path of an import specifier, or undefined outside the package.
 */
export function checkPublicDocs(
  sources: ReadonlyMap<string, SourceFile>,
  entries: string[],
  resolve: (specifier: string) => string | undefined,
): LintError[] {
  const parsed = new Map<string, ModuleExports>()
  const exportsOf = (path: string | undefined): ModuleExports => {
    const source = path === undefined ? undefined : sources.get(path)
    if (path === undefined || source === undefined) return new Map()
    const known = parsed.get(path)
    if (known) return known
    const found: ModuleExports = new Map()
    parsed.set(path, found)
    for (const [name, value] of readExports(source, (from) => exportsOf(resolve(from))))
      found.set(name, value)
    return found
  }
  const functions = new Set(entries.flatMap((entry) => [...exportsOf(entry).values()].flat()))
  return [...functions].flatMap(missingDocs)
}

/** The functions behind each exported name: one, several for a namespace, none for other values. */
type ModuleExports = Map<string, Exported[]>

function readExports(
  source: SourceFile,
  exportsFrom: (specifier: string) => ModuleExports,
): ModuleExports {
  const { body } = parse(source)
  const found: ModuleExports = new Map()
  const locals: ModuleExports = new Map()
  for (const node of body) {
    const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node
    for (const { name, callable } of declaredFunctions(declaration)) {
      const exported = [{ source, start: node.start, name, callable }]
      locals.set(name, exported)
      if (declaration !== node) found.set(name, exported)
    }
    if (node.type === 'ImportDeclaration')
      for (const specifier of node.specifiers)
        if (specifier.type === 'ImportSpecifier')
          locals.set(
            specifier.local.name,
            exportsFrom(node.source.value).get(moduleName(specifier.imported)) ?? [],
          )
  }
  for (const node of body) {
    if (node.type === 'ExportAllDeclaration') {
      const all = exportsFrom(node.source.value)
      if (node.exported) found.set(moduleName(node.exported), [...all.values()].flat())
      else for (const [name, value] of all) found.set(name, value)
    }
    if (node.type !== 'ExportNamedDeclaration') continue
    const from = node.source ? exportsFrom(node.source.value) : locals
    for (const { local, exported } of node.specifiers)
      found.set(moduleName(exported), from.get(moduleName(local)) ?? [])
  }
  return found
}

const moduleName = (name: ESTree.ModuleExportName): string =>
  name.type === 'Literal' ? name.value : name.name

function declaredFunctions(
  node: ESTree.Node | null | undefined,
): { name: string; callable: Callable }[] {
  if (node?.type === 'FunctionDeclaration' || node?.type === 'TSDeclareFunction')
    return node.id ? [{ name: node.id.name, callable: node }] : []
  if (node?.type !== 'VariableDeclaration') return []
  return node.declarations.flatMap(({ id, init }) => {
    const callable = callableOf(init)
    return callable && id.type === 'Identifier' ? [{ name: id.name, callable }] : []
  })
}

function missingDocs({ source, start, name, callable }: Exported): LintError[] {
  const error = (message: string) => lintError(source, { start }, `${name} ${message}`)
  const docstring = docstringBefore(source.text, start)
  if (docstring === undefined) return [error('is public and has no docstring')]
  const described = [...docstring.matchAll(/@param\s+(\w+)\S*\s+-\s+\S/g)].map(([, tag]) => tag)
  const names = callable.params.map(nameOf).filter((param) => param !== 'this')
  const missing = names.filter((param) => param !== unnamed && !described.includes(param))
  const others = new Set(described.filter((tag) => tag !== undefined && !names.includes(tag)))
  if (names.filter((param) => param === unnamed).length > others.size)
    missing.push('a destructured parameter')
  return [
    ...missing.map((param) => error(`has no @param with a description for ${param}`)),
    ...(returnsNothing(callable) || /@returns\s+[^\s@]/.test(docstring)
      ? []
      : [error('has no @returns with a description')]),
  ]
}

/** The text of the docstring that ends right before an offset, without its asterisks. */
function docstringBefore(text: string, offset: number): string | undefined {
  const before = text.slice(0, offset).trimEnd()
  if (!before.endsWith('*/')) return undefined
  const docstring = before.slice(before.lastIndexOf('/*'))
  return docstring.startsWith('/**') ? docstring.slice(3, -2).replace(/^\s*\* ?/gm, '') : undefined
}

function returnsNothing({ returnType }: Callable): boolean {
  const type = returnType?.typeAnnotation
  if (type?.type === 'TSTypePredicate') return type.asserts
  const [argument] =
    type?.type === 'TSTypeReference' &&
    type.typeName.type === 'Identifier' &&
    type.typeName.name === 'Promise'
      ? (type.typeArguments?.params ?? [])
      : [type]
  return argument?.type === 'TSVoidKeyword' || argument?.type === 'TSNeverKeyword'
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
