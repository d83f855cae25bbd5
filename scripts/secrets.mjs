import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { root } from './root.mjs'

const names = ['AUTH_SECRET', 'ENCRYPTION_KEY']

// Made once and kept: the passwords of the logins and the stored connection strings depend on them.
export async function keptSecrets(name) {
  const folder = join(root, '.data', name)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'secrets.json')
  return await withLock(`${file}.lock`, () => {
    if (!existsSync(file)) {
      const made = Object.fromEntries(
        names.map((secret) => [secret, randomBytes(32).toString('base64')]),
      )
      writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 })
    }
    return JSON.parse(readFileSync(file, 'utf8'))
  })
}
