import { parseSync, type ESTree } from 'rolldown/utils'

/** `path` is relative to the root, with forward slashes. */
export type SourceFile = { path: string; text: string }
export type LintError = { path: string; line: number; message: string }

export function parse({ path, text }: SourceFile): ESTree.Program {
  const { program, errors } = parseSync(path, text)
  const [error] = errors
  if (error !== undefined) throw new Error(`cannot parse ${path}: ${error.message}`)
  return program
}

export const lintError = (
  { path, text }: SourceFile,
  node: { start: number },
  message: string,
): LintError => ({ path, line: text.slice(0, node.start).split('\n').length, message })
