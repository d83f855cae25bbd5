import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../root.mjs'
import { canReach } from './account.mjs'
import { copyBinaries } from './binaries.mjs'

export const placeInCheckout = (name) => join(root, '.data', name)

export function placeElsewhere(name) {
  const checkout = createHash('sha256').update(root).digest('hex').slice(0, 12)
  return join(tmpdir(), `rowhouse-${checkout}`, name)
}

// Where the data lives, and binaries that the server account can execute.
export function choosePlace(name, account, binaries) {
  const home = placeInCheckout(name)
  mkdirSync(home, { recursive: true })
  if (canReach(account, home) && canReach(account, binaries.bin)) return { home, binaries }
  const other = placeElsewhere(name)
  claimFolder(join(other, '..'))
  mkdirSync(other, { recursive: true, mode: 0o755 })
  if (!canReach(account, other))
    throw new Error(
      `the user "${account.name}", who runs PostgreSQL, can enter neither ${home} nor ${other}; allow it with chmod o+x on the folders above`,
    )
  const reachable = canReach(account, binaries.bin)
    ? binaries
    : copyBinaries(binaries, join(other, '..'))
  return { home: other, binaries: reachable }
}

// Its name can be guessed and everybody may write there: a folder that somebody else laid out is
// not ours.
function claimFolder(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== process.getuid()) {
    throw new Error(
      `${folder} belongs to user ${found.uid}, not to ${process.getuid()}; remove it and run the command again`,
    )
  }
}
