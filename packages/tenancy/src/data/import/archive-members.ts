import { membersName } from '#tenancy/data/export/manifest'
import { limits } from '#tenancy/data/import/check-archive'
import { linesOf } from '#tenancy/data/import/read-lines'
import { ZipReader } from '#tenancy/data/zip/zip-reader'

/**
 * Reads the members that an export lists. Skips lines that are not objects and checks nothing else,
 * because the import does.
 * @param path - The ZIP file.
 * @returns One object for each member, unvalidated.
 */
export async function* readArchiveMembers(path: string): AsyncGenerator<Record<string, unknown>> {
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
