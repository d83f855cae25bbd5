import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

// Every action, route and page, read from the source, so that tests notice a new one.

export type RouteInventory = {
  actions: { file: string; name: string; maker: string }[]
  routes: { file: string; path: string; method: string }[]
  pages: { file: string; path: string }[]
}

export function routeInventory(root: string): RouteInventory {
  const found: RouteInventory = { actions: [], routes: [], pages: [] }
  for (const entry of readdirSync(join(root, 'app'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || /\.test\./.test(entry.name)) continue
    const file = relative(root, join(entry.parentPath, entry.name))
    const path = `/${relative(join(root, 'app'), entry.parentPath)
      .split('/')
      .filter((part) => part && !/^\(.*\)$/.test(part))
      .join('/')}`
    if (entry.name === 'page.tsx') found.pages.push({ file, path })
    const text = readFileSync(join(root, file), 'utf8')
    if (entry.name === 'route.ts')
      for (const [, named, listed] of text.matchAll(
        /^export (?:const|async function|function) (?:([A-Z]+)\b|\{ ([A-Z, ]+) \})/gm,
      ))
        for (const method of (named ?? listed ?? '').split(','))
          found.routes.push({ file, path, method: method.trim() })
    if (/^'use server'/m.test(text))
      for (const [, name = '', maker = ''] of text.matchAll(/^export const (\w+) = (\w+)\(/gm))
        found.actions.push({ file, name, maker })
  }
  return found
}
