import { Visitor } from 'rolldown/utils'
import { lintError, parse, type LintError, type SourceFile } from './syntax.ts'

/**
 * Finds `instanceof` with a class of our code or of a package. It is false for an object of another
 * copy of the class, and Next loads a module once per bundle. Classes of the platform exist once.
 */
export function checkInstanceof(source: SourceFile): LintError[] {
  if (!source.text.includes('instanceof')) return []
  const errors: LintError[] = []
  new Visitor({
    BinaryExpression(node) {
      if (node.operator !== 'instanceof') return
      const { right } = node
      if (right.type === 'Identifier' && isPlatformClass(right.name)) return
      errors.push(
        lintError(
          source,
          node,
          'instanceof is false for an object of another bundle; use the `is` of the class, or a field',
        ),
      )
    },
  }).visit(parse(source))
  return errors
}

const isPlatformClass = (name: string) => name in globalThis || /^(HTML\w*)?Element$/.test(name)
