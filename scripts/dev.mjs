// npm run dev: database, demo data, worker and web app in one command, and nothing left behind
// afterwards.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { askedToStop, childGroup, signalGroup } from './children.mjs'
import { seedDemo, setUp } from './commands.mjs'
import { configuredEnvironment, developmentEnvironment } from './environment.mjs'
import { tryLock } from './lock.mjs'
import { isAlive } from './processes.mjs'
import { freePort } from './ports.mjs'
import { root } from './root.mjs'
import { forgetRunningApp, noteRunningApp, orphans, runningApp } from './running-app.mjs'
import { welcome } from './welcome.mjs'

const release = tryLock(join(root, '.data/dev.lock'))
if (release === undefined) {
  console.error(
    `npm run dev runs already in this checkout${runningApp() ? `, at ${runningApp().url} (process ${runningApp().owner.pid})` : ''}; stop it first, or use that one.`,
  )
  process.exit(1)
}

const stopping = askedToStop()
const children = childGroup()
let environment
let code
try {
  code = await Promise.race([develop(), stopping.then(({ code }) => code)])
} catch (error) {
  console.error(`dev: ${error.message}`)
  code = 1
}
await children.stop()
await (await environment?.catch(() => undefined))?.stop()
forgetRunningApp()
release()
process.exit(code)

async function develop() {
  await endOrphans()
  const wanted = Number(configuredEnvironment().PORT ?? 3000)
  const port = await freePort(wanted)
  if (port !== wanted) console.log(`Port ${wanted} is taken: using ${port}.`)
  const url = `http://localhost:${port}`

  environment = developmentEnvironment('dev', { port })
  const { env, ownServer } = await environment
  console.log(
    ownServer
      ? `PostgreSQL: port ${new URL(env.DATABASE_URL).port}, data in .data/dev`
      : `PostgreSQL: ${new URL(env.DATABASE_URL).host}, from DATABASE_URL`,
  )
  await setUp(env, children)
  const logins = await seedDemo(env, children)

  const running = [
    children.start(
      'next dev',
      [
        createRequire(import.meta.url).resolve('next/dist/bin/next'),
        'dev',
        '-H',
        '127.0.0.1',
        '-p',
        String(port),
      ],
      { env, cwd: root },
    ),
  ]
  if (existsSync(join(root, 'db/worker.ts')))
    running.push(children.start('the worker', ['db/worker.ts'], { env, cwd: root }))
  noteRunningApp(url, running)

  const ended = Promise.race(running.map((child) => child.ended))
  const status = await Promise.race([firstAnswer(url), ended.then(() => undefined)])
  if (status !== undefined) console.log(welcome(url, status, logins))
  const first = await Promise.race([ended, stopping.then(() => undefined)])
  if (first === undefined) return 0
  const { name, how, code } = first
  console.error(`dev: ${name} ${how}; stopping the rest.`)
  return code || 1
}

async function endOrphans() {
  const left = orphans()
  for (const { pid } of left) signalGroup(pid, 'SIGKILL')
  while (left.some(isAlive)) await sleep(50)
  // The kernel gives back their port a moment later.
  if (left.length > 0) await sleep(300)
}

async function firstAnswer(url) {
  for (;;) {
    try {
      return (await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(120_000) })).status
    } catch (error) {
      // Nobody listens yet. When the server dies instead, its own exit ends the wait.
      if (error.cause?.code !== 'ECONNREFUSED' && error.name !== 'AggregateError')
        throw new Error(`${url} does not answer: ${error.cause?.message ?? error.message}`)
      await sleep(200)
    }
  }
}
