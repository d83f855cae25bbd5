import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type ManifestRoute = { page: string; regex: string }
let routes: { page: string; regex: RegExp }[] | undefined

/**
 * The route that a path belongs to, such as `/orders/[id]`: one of a bounded number of names, for
 * metrics. Unknown paths are `other`, and so is every path of the development server, which writes
 * no manifest.
 */
export function routeOf(path: string): string {
  if (path.startsWith('/_next/')) return '/_next'
  routes ??= readManifest().map(({ page, regex }) => ({ page, regex: new RegExp(regex) }))
  return routes.find(({ regex }) => regex.test(path))?.page ?? 'other'
}

function readManifest(): ManifestRoute[] {
  try {
    const manifest = JSON.parse(
      readFileSync(join(process.cwd(), '.next', 'routes-manifest.json'), 'utf8'),
    ) as { staticRoutes: ManifestRoute[]; dynamicRoutes: ManifestRoute[] }
    return [...manifest.staticRoutes, ...manifest.dynamicRoutes]
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
