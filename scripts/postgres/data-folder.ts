import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../root.mjs'
import { canEnter, type ServerAccount } from './account.ts'
import { copyBinaries, type Binaries } from './binaries.ts'

export const folderInCheckout = (name: string): string => join(root, '.data', name)

export function folderInTemp(name: string): string {
  const checkout = createHash('sha256').update(root).digest('hex').slice(0, 12)
  return join(tmpdir(), `rowhouse-${checkout}`, name)
}

/**
 * A folder for the server's data, and binaries that its account can execute. They are in the system's
 * temporary folder if the account cannot enter the checkout, such as one below /root.
 */
export function chooseDataFolder(
  name: string,
  account: ServerAccount | undefined,
  binaries: Binaries,
): { home: string; binaries: Binaries } {
  const home = folderInCheckout(name)
  mkdirSync(home, { recursive: true })
  if (canEnter(account, home) && canEnter(account, binaries.bin)) return { home, binaries }
  const other = folderInTemp(name)
  createOwnFolder(join(other, '..'))
  mkdirSync(other, { recursive: true, mode: 0o755 })
  if (!canEnter(account, other))
    throw new Error(
      `the user "${account?.name}", who runs PostgreSQL, can enter neither ${home} nor ${other}; run chmod o+x on the folders above one of them`,
    )
  const executable = canEnter(account, binaries.bin)
    ? binaries
    : copyBinaries(binaries, join(other, '..'))
  return { home: other, binaries: executable }
}

// The name is predictable and anyone can write to the temporary folder, so another user could have
// created it.
function createOwnFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const found = lstatSync(folder)
  const uid = process.getuid?.()
  if (!found.isDirectory() || found.uid !== uid) {
    throw new Error(
      `${folder} is not a folder of user ${uid} (owner: ${found.uid}); remove it and run the command again`,
    )
  }
}
