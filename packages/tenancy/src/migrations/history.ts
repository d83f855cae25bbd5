import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Tenancy } from '#tenancy/base/tenancy'
import { MigrationMissing } from '#tenancy/migrations/errors'

/** The histories of the app: one for its control plane, and one for every tenant. */
export const planes = ['platform', 'tenant'] as const
export type Plane = (typeof planes)[number]

/**
 * One file of a history. `statements` are its parts between drizzle-kit's breakpoints. A file with
 * the line `-- no transaction` runs without a transaction; `-- breaking: why` keeps builds without
 * this file from serving.
 */
export type Migration = {
  plane: Plane | 'tenancy'
  index: number
  tag: string
  text: string
  sha256: string
  statements: string[]
  transactional: boolean
  breaking: string | null
}
export type Histories = Record<Plane, Migration[]>

type Journal = { entries: { idx: number; tag: string }[] }

export const historyFolder = ({ config }: Tenancy, plane: Plane) => config.migrations[plane]

/**
 * Reads the migrations of one plane, in the order of drizzle-kit's journal.
 * @param plane - What the history is for.
 * @param folder - The folder with the SQL files.
 * @returns The migrations, oldest first.
 * @throws MigrationMissing if a file of the journal does not exist.
 */
export async function readHistory(plane: Plane | 'tenancy', folder: string): Promise<Migration[]> {
  const journal = JSON.parse(
    await readFile(join(folder, 'meta', '_journal.json'), 'utf8'),
  ) as Journal
  return Promise.all(
    journal.entries.map(async ({ idx, tag }) => {
      const file = join(folder, `${tag}.sql`)
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'ENOENT'
          ? new MigrationMissing(tag, `its file ${file} does not exist`)
          : error
      })
      return migration(plane, idx, tag, text)
    }),
  )
}

/** Reads the tenant history of this build. */
export const readTenantHistory = (tenancy: Tenancy): Promise<Migration[]> =>
  readHistory('tenant', historyFolder(tenancy, 'tenant'))

/**
 * Reads both histories of this build.
 * @param tenancy - The instance.
 * @returns The platform history and the tenant history.
 */
export async function readHistories(tenancy: Tenancy): Promise<Histories> {
  const [platform, tenant] = await Promise.all(
    planes.map((plane) => readHistory(plane, historyFolder(tenancy, plane))),
  )
  return { platform: platform ?? [], tenant: tenant ?? [] }
}

/**
 * Creates a migration from the text of its file. Line endings do not affect its hash.
 * @param index - Its number in the history, from 0.
 */
export function migration(
  plane: Migration['plane'],
  index: number,
  tag: string,
  content: string,
): Migration {
  const text = content.replaceAll('\r\n', '\n')
  return {
    plane,
    index,
    tag,
    text,
    sha256: createHash('sha256').update(text).digest('hex'),
    statements: text
      .split('--> statement-breakpoint')
      .map((part) => part.trim().replace(/;$/, ''))
      .filter(Boolean),
    transactional: !/^-- no transaction\s*$/m.test(text),
    breaking: /^-- breaking: *(\S.*)$/m.exec(text)?.[1] ?? null,
  }
}

/**
 * Truncates a history after one file.
 * @param name - The file's tag or number, with or without leading zeros.
 * @throws MigrationMissing if there is no such file.
 */
export function upTo(history: Migration[], name: string): Migration[] {
  const end = history.findIndex(
    ({ tag }) => tag === name || tag.split('_')[0] === name.padStart(4, '0'),
  )
  if (end < 0)
    throw new MigrationMissing(
      name,
      `no file of this build has that name; the last is ${history.at(-1)?.tag ?? 'none'}`,
    )
  return history.slice(0, end + 1)
}
