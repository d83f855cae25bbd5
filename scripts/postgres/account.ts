import { execFileSync, spawnSync } from 'node:child_process'

export type ServerAccount = { name: string; uid: number; gid: number }

/**
 * The user to run the server as when this command runs as root, because PostgreSQL refuses to run as
 * root. Undefined for other users: the server runs as the current one.
 */
export function serverAccount(): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf(name, '-u')
    const gid = idOf(name, '-g')
    if (uid !== undefined && gid !== undefined) return { name, uid, gid }
  }
  throw new Error(
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor a user "nobody"; run the command as another user',
  )
}

export function canEnter(account: ServerAccount | undefined, folder: string): boolean {
  if (account === undefined) return true
  const { uid, gid } = account
  return (
    spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { cwd: '/', uid, gid, stdio: 'ignore' })
      .status === 0
  )
}

function idOf(name: string, flag: '-u' | '-g'): number | undefined {
  try {
    return Number(
      execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )
  } catch (error) {
    if ((error as { status?: number }).status === 1) return undefined
    throw error
  }
}
