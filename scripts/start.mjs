// npm start: the production build as one server. .env is read; whatever is missing is named at
// start.
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { configuredEnvironment } from './environment.mjs'
import { root } from './root.mjs'

const standalone = join(root, '.next/standalone')
const server = join(standalone, 'server.js')

if (existsSync(server)) {
  // The build leaves these two beside the server for a content delivery network; without one the
  // server hands them out itself.
  for (const [from, to] of [
    ['.next/static', '.next/static'],
    ['public', 'public'],
  ]) {
    if (existsSync(join(root, from)))
      cpSync(join(root, from), join(standalone, to), { recursive: true })
  }
  Object.assign(process.env, configuredEnvironment(), {
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    NEXT_MANUAL_SIG_HANDLE: '1',
  })
  await import(pathToFileURL(server).href)
} else {
  console.error(`start: there is no ${server}; run npm run build first`)
  process.exitCode = 1
}
