import { execFileSync, spawnSync } from 'node:child_process'

// PostgreSQL refuses to run as root; any other user runs it as themselves.
export function serverAccount() {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf(name, '-u')
    if (uid !== undefined) return { name, uid, gid: idOf(name, '-g') }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody" here; run the command as an ordinary user',
  )
}

export function canReach(account, folder) {
  if (account === undefined) return true
  return (
    spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
      cwd: '/',
      uid: account.uid,
      gid: account.gid,
      stdio: 'ignore',
    }).status === 0
  )
}

function idOf(name, flag) {
  try {
    return Number(
      execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )
  } catch (error) {
    if (error.status === 1) return undefined
    throw error
  }
}
