import { membersName } from '#db/export/manifest'
import { limits } from '#db/import/check'
import { linesOf } from '#db/import/lines'
import { platform } from '#db/registry'
import * as users from '#db/accounts/users'
import { ZipReader } from '#db/zip/read'

/** The address of the first owner in an export who has an account here. */
export async function ownerIn(path: string): Promise<string | undefined> {
  const zip = await ZipReader.open(path, limits)
  if (!zip.files.has(membersName)) return undefined
  for await (const { text } of linesOf(zip.content(membersName), membersName)) {
    const email = ownerOf(text)
    if (email && (await users.byEmail(platform(), email))) return email
  }
  return undefined
}

function ownerOf(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || !('role' in value) || value.role !== 'owner')
      return undefined
    return 'email' in value && typeof value.email === 'string'
      ? users.normalEmail(value.email)
      : undefined
  } catch {
    return undefined // the check says what is wrong with it
  }
}
