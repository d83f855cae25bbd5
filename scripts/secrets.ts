import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { root } from './root.mjs'

const names = ['AUTH_SECRET', 'ENCRYPTION_KEY']

/**
 * The generated secrets of one server. They are kept, because role passwords and encrypted
 * connection strings depend on them.
 */
export async function loadSecrets(server: string): Promise<Record<string, string>> {
  const folder = join(root, '.data', server)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'secrets.json')
  return await withLock(`${file}.lock`, () => {
    if (!existsSync(file)) {
      const secrets = Object.fromEntries(
        names.map((name) => [name, randomBytes(32).toString('base64')]),
      )
      writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
    }
    return JSON.parse(readFileSync(file, 'utf8'))
  })
}
