import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

/** `begun`: it has begun with the targets, or ended. */
export type Runner = {
  process: ChildProcess
  begun: Promise<void>
  ended: Promise<{ code: number | null; out: string; err: string }>
}

/**
 * Starts a runner as a process of its own, on this file's database. In: the texts of more
 * migrations.
 */
export function startRunner(texts: string[]): Runner {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'runner.ts'), JSON.stringify(texts)],
    { env: process.env, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let out = ''
  let err = ''
  child.stdout.on('data', (part: Buffer) => (out += part))
  child.stderr.on('data', (part: Buffer) => (err += part))
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  )
  const begun = new Promise<void>((resolve) => {
    child.stdout.once('data', () => resolve())
    child.once('close', () => resolve())
  })
  return { process: child, begun, ended }
}
