// npm run dev: database, demo data, worker and web app in one command. Stopping it stops them all.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { childGroup, signalGroup, stopRequested } from './children.mjs'
import { runDemoSeed, runSetup } from './commands.ts'
import { configuredEnvironment, developmentEnvironment } from './environment.ts'
import { tryLock } from './lock.mjs'
import { freePort } from './ports.ts'
import { isAlive } from './processes.mjs'
import { root } from './root.mjs'
import { forgetRunningApp, orphans, recordRunningApp, runningApp } from './running-app.ts'
import { welcome } from './welcome.ts'

const release = tryLock(join(root, '.data/dev.lock'))
if (release === undefined) {
  const app = runningApp()
  console.error(
    `npm run dev is already running in this checkout${app ? ` at ${app.url} (process ${app.owner.pid})` : ''}; use it, or stop it first.`,
  )
  process.exit(1)
}

const stopping = stopRequested()
const children = childGroup()
let environment: ReturnType<typeof developmentEnvironment> | undefined
let code: number
try {
  code = await Promise.race([develop(), stopping.then((request) => request.code)])
} catch (error) {
  console.error(`dev: ${error instanceof Error ? error.message : error}`)
  code = 1
}
await children.stop()
await (await environment?.catch(() => undefined))?.stop()
forgetRunningApp()
release()
process.exit(code)

async function develop(): Promise<number> {
  await killOrphans()
  const configuredPort = Number(configuredEnvironment().PORT ?? 3000)
  const port = await freePort(configuredPort)
  if (port !== configuredPort) console.log(`Port ${configuredPort} is in use: using ${port}.`)
  const url = `http://localhost:${port}`

  environment = developmentEnvironment('dev', { port })
  const { env, isEmbedded } = await environment
  const databaseUrl = new URL(env.DATABASE_URL ?? '')
  console.log(
    isEmbedded
      ? `PostgreSQL: port ${databaseUrl.port}, data in .data/dev`
      : `PostgreSQL: ${databaseUrl.host}, from DATABASE_URL`,
  )
  await runSetup(env, children)
  const logins = await runDemoSeed(env, children)

  const next = createRequire(import.meta.url).resolve('next/dist/bin/next')
  const running = [
    children.start('next dev', [next, 'dev', '-H', '127.0.0.1', '-p', String(port)], {
      env,
      cwd: root,
    }),
  ]
  if (existsSync(join(root, 'db/worker.ts')))
    running.push(children.start('the worker', ['db/worker.ts'], { env, cwd: root }))
  recordRunningApp(url, running)

  const ended = Promise.race(running.map((child) => child.ended))
  const status = await Promise.race([firstAnswer(url), ended.then(() => undefined)])
  if (status !== undefined) console.log(welcome(url, status, logins))
  const first = await Promise.race([ended, stopping.then(() => undefined)])
  if (first === undefined) return 0
  console.error(`dev: ${first.name} ${first.how}; stopping everything else.`)
  return first.code || 1
}

async function killOrphans(): Promise<void> {
  const leftover = orphans()
  for (const { pid } of leftover) signalGroup(pid, 'SIGKILL')
  while (leftover.some(isAlive)) await sleep(50)
  // The kernel frees their port a moment later.
  if (leftover.length > 0) await sleep(300)
}

async function firstAnswer(url: string): Promise<number> {
  for (;;) {
    try {
      return (await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(120_000) })).status
    } catch (error) {
      // Nothing listens yet. If the server dies instead, its exit ends the wait.
      const { cause = error } = error as Error
      if ((cause as NodeJS.ErrnoException).code !== 'ECONNREFUSED')
        throw new Error(`${url} does not answer: ${(cause as Error).message}`, { cause: error })
      await sleep(200)
    }
  }
}
