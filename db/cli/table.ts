/**
 * Formats rows as a text table with left-aligned columns and an underlined head. Without rows:
 * `none`.
 */
export function table(head: string[], rows: (string | number | null)[][]): string {
  if (rows.length === 0) return 'none'
  const cells = [head, ...rows.map((row) => row.map((cell) => String(cell ?? '')))]
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)))
  const line = (row: string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  const [first = [], ...rest] = cells
  return [line(first), widths.map((width) => '─'.repeat(width)).join('  '), ...rest.map(line)].join(
    '\n',
  )
}
