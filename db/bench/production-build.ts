import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type RunningBuild = { url: string; stop: () => Promise<void> }

const timeoutMs = 30_000

/** Starts the production build, as `npm start` does, with the database of this environment. */
export async function startProductionBuild(): Promise<RunningBuild> {
  if (!existsSync('.next/standalone/server.js'))
    throw new Error('there is no production build in .next/standalone; run `npm run build` first')
  const port = await freePort()
  const env = { ...process.env, HOSTNAME: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'error' }
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill()
    await ended
  }
  const url = `http://127.0.0.1:${port}`
  for (const until = performance.now() + timeoutMs; !(await responds(url)); await sleep(100)) {
    if (child.exitCode !== null || performance.now() > until) {
      await stop()
      throw new Error(`the production build did not respond at ${url} within ${timeoutMs / 1000} s`)
    }
  }
  return { url, stop }
}

const responds = (url: string) =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address
          ? resolve(address.port)
          : reject(new Error('the server has no port')),
      )
    })
  })
