import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { startPostgres } from './postgres.mjs'
import { root } from './root.mjs'
import { runningApp } from './running-app.mjs'
import { keptSecrets } from './secrets.mjs'

const databases = { dev: 'rowhouse', test: 'postgres', e2e: 'rowhouse_e2e' }

/**
 * The environment for our own commands: what is configured, and for the rest a PostgreSQL and
 * secrets of our own.
 * @param {'dev' | 'test' | 'e2e'} name
 * @param {{ port?: number }} [options]
 * @returns {Promise<{ env: Record<string, string>, ownServer: boolean, stop: () => Promise<void>
 * }>}
 */
export async function developmentEnvironment(name, { port } = {}) {
  const configured = configuredEnvironment()
  // In production a missing value is a mistake to report (db/env.ts does), not one to paper over.
  if (configured.NODE_ENV === 'production')
    return { env: configured, ownServer: false, stop: async () => {} }

  const given = configured.DATABASE_URL
  const server = given ? undefined : await startPostgres({ name, durable: name === 'dev' })
  try {
    // Roles belong to the whole server, so every use of the same given server must derive the same
    // passwords.
    const secrets = await keptSecrets(given ? 'given-server' : name)
    const appUrl =
      configured.APP_URL ?? (port === undefined ? appUrlOf(name) : `http://localhost:${port}`)
    const env = {
      NODE_ENV: 'development',
      NEXT_TELEMETRY_DISABLED: '1',
      ...secrets,
      APP_URL: appUrl,
      AUTH_URL: appUrl,
      ...configured,
      DATABASE_URL:
        given && name === 'dev' ? given : withDatabase(given ?? server.adminUrl, databases[name]),
    }
    return { env, ownServer: server !== undefined, stop: async () => server?.stop() }
  } catch (error) {
    await server?.stop()
    throw error
  }
}

/**
 * The process environment over `.env.local` over `.env`; a variable left empty counts as not set.
 * The folder of exports is named in full: a worker fills it from here, and the built server, which
 * goes to a folder of its own, reads it.
 */
export function configuredEnvironment() {
  const files = ['.env', '.env.local']
    .map((name) => join(root, name))
    .filter((file) => existsSync(file))
  const all = Object.assign(
    {},
    ...files.map((file) => parseEnv(readFileSync(file, 'utf8'))),
    process.env,
  )
  const set = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
  return { ...set, EXPORT_DIR: resolve(root, set.EXPORT_DIR ?? '.data/exports') }
}

export function withDatabase(url, database) {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.toString()
}

function appUrlOf(name) {
  return (name === 'dev' ? runningApp()?.url : undefined) ?? 'http://localhost:3000'
}
