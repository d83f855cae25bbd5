import { z } from 'zod'
import { formats, type FileFormat } from '#tenancy/data/export/row-format'
import { isId } from '#tenancy/base/ids'

// The schema of manifest.json. An import validates it, because the file is untrusted.

/**
 * The format of new exports; an import reads all formats. Format 1 dates from before the first
 * release, when the baseline migration could still change, so an import does not compare its
 * hashes.
 */
export const formatVersion = 2
const formatVersions = [1, formatVersion] as const
export const manifestName = 'manifest.json'
export const membersName = 'members.ndjson'
export const fileOf = (table: string, format: FileFormat) => `${format}/${table}.${format}`

const id = z.string().refine(isId, 'is not an id')
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256')
const whole = z.number().int().nonnegative()
const tableName = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'is not a table name')
const file = z.strictObject({ name: z.string().max(200), bytes: whole, sha256: digest })

export const manifestForm = z.strictObject({
  format: z.literal('rowhouse export'),
  version: z.literal(formatVersions),
  exportedAt: z.iso.datetime(),
  tenant: z.strictObject({
    id,
    slug: z.string().max(63),
    name: z.string().min(1).max(80),
    tier: z.string().max(63),
    currency: z.string().regex(/^[A-Z]{3}$/),
    locale: z.string().min(2).max(35),
    createdAt: z.iso.datetime(),
  }),
  migrations: z
    .array(z.strictObject({ tag: z.string().max(200), sha256: digest }))
    .min(1)
    .max(10_000),
  members: file,
  tables: z
    .array(
      z.strictObject({
        name: tableName,
        columns: z
          .array(z.strictObject({ name: z.string().min(1).max(63), type: z.string().max(200) }))
          .max(1600),
        rows: whole,
        files: z.strictObject(
          Object.fromEntries(formats.map((format) => [format, file])) as Record<
            FileFormat,
            typeof file
          >,
        ),
      }),
    )
    .max(1000),
})

export type ArchiveManifest = z.infer<typeof manifestForm>
export type FileFacts = z.infer<typeof file>
