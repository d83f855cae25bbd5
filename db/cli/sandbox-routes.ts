import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'

export type AppRoute = {
  kind: 'page' | 'handler' | 'action'
  path: string
  file: string
  parameters: Record<string, string>
}

const sample = '00000000-0000-7000-8000-000000000000'
const samples: Record<string, string> = { slug: 'acme', token: 'a'.repeat(43), nextauth: 'session' }

/** Reads every page, route handler and exported server action from the files in app/. */
export async function readRoutes(root = join(process.cwd(), 'app')): Promise<AppRoute[]> {
  const files = (await readdir(root, { recursive: true }))
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
  const routes = await Promise.all(
    files.map(async (file) => {
      const [, folder = '', kind] = /^(.*?)\/?(page|route)\.tsx?$/.exec(file) ?? []
      if (kind) return [at(kind === 'page' ? 'page' : 'handler', folder, file)]
      if (!/\.tsx?$/.test(file) || file.includes('.test.')) return []
      const text = await readFile(join(root, file), 'utf8')
      if (!/^\s*['"]use server['"]/m.test(text)) return []
      return [...text.matchAll(/^export const (\w+)/gm)].map(([, name = '']) => ({
        kind: 'action' as const,
        path: name,
        file: `app/${file}`,
        parameters: {},
      }))
    }),
  )
  return routes.flat()
}

function at(kind: 'page' | 'handler', folder: string, file: string): AppRoute {
  const parameters: Record<string, string> = {}
  const parts = folder
    .split('/')
    .filter((part) => part && !/^\(.*\)$/.test(part))
    .map((part) =>
      part.replace(
        /^\[+(?:\.\.\.)?(\w+)\]+$/,
        (_, name: string) => (parameters[name] = samples[name] ?? sample),
      ),
    )
  return { kind, path: `/${parts.join('/')}`, file: `app/${file}`, parameters }
}

export const run: RunCommand = async () => {
  const routes = await readRoutes()
  return {
    text: table(
      ['kind', 'path', 'file'],
      routes.map(({ kind, path, file }) => [kind, path, file]),
    ),
    json: { routes },
  }
}
