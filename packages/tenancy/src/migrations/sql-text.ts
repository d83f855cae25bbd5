const quoted =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([a-z_]*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//gi

/** A statement without comments, on one line, with what stands between quotes left as it is. */
export const plain = (statement: string): string =>
  statement
    .replace(quoted, (part) => (part.startsWith('--') || part.startsWith('/*') ? ' ' : part))
    .replace(/\s+/g, ' ')
    .trim()

/** The parts of a text between commas that stand neither in parentheses nor in quotes. */
export function splitAtCommas(text: string): string[] {
  const masked = text.replace(quoted, (part) => '_'.repeat(part.length))
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let i = 0; i < masked.length; i++) {
    if (masked[i] === '(') depth++
    if (masked[i] === ')') depth--
    if (masked[i] === ',' && depth === 0) {
      parts.push(text.slice(from, i).trim())
      from = i + 1
    }
  }
  return [...parts, text.slice(from).trim()]
}

/** A name as PostgreSQL reads it: quotes away, otherwise lower case, without its schema. */
export function bareName(written: string): string {
  const last = /(?:"(?:[^"]|"")*"|[^."]+)$/.exec(written.trim())?.[0] ?? written
  return last.startsWith('"') ? last.slice(1, -1).replaceAll('""', '"') : last.toLowerCase()
}
