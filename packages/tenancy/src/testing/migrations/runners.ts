import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

/** `started` resolves when the process starts with the targets, or ends. */
export type Runner = {
  process: ChildProcess
  started: Promise<void>
  ended: Promise<{ code: number | null; out: string; err: string }>
}

/**
 * Starts a fleet run in another process, on the database of this test file.
 * @param texts - Further tenant migrations.
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
  const started = new Promise<void>((resolve) => {
    child.stdout.once('data', () => resolve())
    child.once('close', () => resolve())
  })
  return { process: child, started, ended }
}
