import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The path of a file of this package, such as `sql/functions/context.sql`. */
export const engineFile = (...path: string[]): string => join(folder, ...path)

export const readSqlFile = (...path: string[]): Promise<string> =>
  readFile(engineFile('sql', ...path), 'utf8')
