import { membersName } from '#tenancy/data/export/manifest'
import { limits } from '#tenancy/data/import/check'
import { linesOf } from '#tenancy/data/import/lines'
import { ZipReader } from '#tenancy/data/zip/read'

/**
 * The members that an export lists, as far as they can be read. Nothing is checked: the import
 * does that, and says what is wrong.
 */
export async function* membersIn(path: string): AsyncGenerator<Record<string, unknown>> {
  const zip = await ZipReader.open(path, limits)
  if (!zip.files.has(membersName)) return
  for await (const { text } of linesOf(zip.content(membersName), membersName)) {
    const member = parsed(text)
    if (member) yield member
  }
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
