import { randomBytes } from 'node:crypto'

/** Slug candidates for a name, the shortest first. The random ones are practically never taken. */
export function slugsFor(name: string): string[] {
  const base =
    name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[\u0300-\u036f'’]/g, '')
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 40)
      .replace(/^-+|-+$/g, '') || 'organisation'
  return [
    base,
    `${base}-2`,
    `${base}-3`,
    `${base}-${randomBytes(3).toString('hex')}`,
    `${base}-${randomBytes(6).toString('hex')}`,
  ]
}
