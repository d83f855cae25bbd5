import { parseSync } from 'rolldown/utils'

export function parse({ path, text }) {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0].message}`)
  return program
}

export function* nodesOf(node) {
  if (Array.isArray(node)) {
    for (const item of node) yield* nodesOf(item)
  } else if (node !== null && typeof node === 'object') {
    if (typeof node.type === 'string') yield node
    for (const [key, value] of Object.entries(node)) if (key !== 'parent') yield* nodesOf(value)
  }
}

export const lineOf = (text, offset) => text.slice(0, offset).split('\n').length
