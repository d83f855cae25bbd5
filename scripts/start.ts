// npm start: runs the production build as one server. Reads .env and reports missing settings.
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { configuredEnvironment } from './environment.ts'
import { root } from './root.mjs'

const standalone = join(root, '.next/standalone')
const server = join(standalone, 'server.js')

if (existsSync(server)) {
  // The build leaves static files out of the server's folder, for a CDN. Without one the server has
  // to serve them itself.
  for (const folder of ['.next/static', 'public']) {
    if (existsSync(join(root, folder)))
      cpSync(join(root, folder), join(standalone, folder), { recursive: true })
  }
  Object.assign(process.env, configuredEnvironment(), {
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    NEXT_MANUAL_SIG_HANDLE: '1',
  })
  await import(pathToFileURL(server).href)
} else {
  console.error(`start: ${server} does not exist; run npm run build first`)
  process.exitCode = 1
}
