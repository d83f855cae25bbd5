import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { startPostgres } from './postgres.ts'
import { root } from './root.mjs'
import { runningApp } from './running-app.ts'
import { loadSecrets } from './secrets.ts'

export type Environment = Record<string, string>

const databases = { dev: 'rowhouse', test: 'postgres', e2e: 'rowhouse_e2e' }

/**
 * The environment of our own commands: the configuration, completed by an embedded PostgreSQL and
 * generated secrets. In production nothing is completed: db/env.ts reports what is missing.
 */
export async function developmentEnvironment(
  name: keyof typeof databases,
  { port }: { port?: number } = {},
): Promise<{ env: Environment; isEmbedded: boolean; stop: () => Promise<void> }> {
  const configured = configuredEnvironment()
  if (configured.NODE_ENV === 'production')
    return { env: configured, isEmbedded: false, stop: async () => {} }

  const configuredUrl = configured.DATABASE_URL
  const server =
    configuredUrl === undefined ? await startPostgres({ name, durable: name === 'dev' }) : undefined
  const adminUrl = server?.adminUrl ?? configuredUrl ?? ''
  try {
    // Roles belong to the whole server, so every use of a configured server has to derive the same
    // passwords.
    const secrets = await loadSecrets(server ? name : 'configured-server')
    const appUrl =
      configured.APP_URL ?? (port === undefined ? appUrlOf(name) : `http://localhost:${port}`)
    const env = {
      NODE_ENV: 'development',
      NEXT_TELEMETRY_DISABLED: '1',
      ...secrets,
      APP_URL: appUrl,
      AUTH_URL: appUrl,
      ...configured,
      DATABASE_URL: !server && name === 'dev' ? adminUrl : withDatabase(adminUrl, databases[name]),
    }
    return { env, isEmbedded: server !== undefined, stop: async () => server?.stop() }
  } catch (error) {
    await server?.stop()
    throw error
  }
}

/**
 * The process environment over `.env.local` over `.env`; an empty variable counts as unset.
 * `EXPORT_DIR` is made absolute, because the built server runs in its own folder.
 */
export function configuredEnvironment(): Environment {
  const files = ['.env', '.env.local']
    .map((name) => join(root, name))
    .filter((file) => existsSync(file))
  const all: NodeJS.Dict<string> = Object.assign(
    {},
    ...files.map((file) => parseEnv(readFileSync(file, 'utf8'))),
    process.env,
  )
  const set: Environment = {}
  for (const [name, value] of Object.entries(all)) if (value) set[name] = value
  return { ...set, EXPORT_DIR: resolve(root, set.EXPORT_DIR ?? '.data/exports') }
}

export function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.toString()
}

function appUrlOf(name: string): string {
  return (name === 'dev' ? runningApp()?.url : undefined) ?? 'http://localhost:3000'
}
