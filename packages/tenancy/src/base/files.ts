import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * Returns the path of a file of this package.
 * @param path - Its parts, such as `sql`, `functions`, `context.sql`.
 * @returns An absolute path.
 */
export const engineFile = (...path: string[]): string => join(folder, ...path)

export const readSqlFile = (...path: string[]): Promise<string> =>
  readFile(engineFile('sql', ...path), 'utf8')
