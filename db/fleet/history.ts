import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export const planes = ['platform', 'tenant'] as const
export type Plane = (typeof planes)[number]

/** One file of a history. `sha256` is over its text; `statements` are its parts between drizzle-kit's breakpoints. */
export type Migration = { plane: Plane; index: number; tag: string; text: string; sha256: string; statements: string[] }

type Journal = { entries: { idx: number; tag: string }[] }

export const historyFolder = (plane: Plane) => join(process.cwd(), 'drizzle', plane)

/** The migrations of one plane, in order, as drizzle-kit's journal lists them. Throws when a listed file is missing. */
export async function readHistory(plane: Plane, folder = historyFolder(plane)): Promise<Migration[]> {
  const journal = JSON.parse(await readFile(join(folder, 'meta', '_journal.json'), 'utf8')) as Journal
  return Promise.all(journal.entries.map(async ({ idx, tag }) => {
    const text = await readFile(join(folder, `${tag}.sql`), 'utf8')
    return {
      plane, index: idx, tag, text,
      sha256: createHash('sha256').update(text).digest('hex'),
      statements: text.split('--> statement-breakpoint').map((part) => part.trim()).filter(Boolean),
    }
  }))
}
