import { randomBytes } from 'node:crypto'

/** Slugs that fit a name, the nicest first; the last one is free for sure. */
export function slugsFor(name: string): string[] {
  const plain =
    name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[\u0300-\u036f'’]/g, '')
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 40)
      .replace(/^-+|-+$/g, '') || 'organisation'
  return [
    plain,
    `${plain}-2`,
    `${plain}-3`,
    `${plain}-${randomBytes(3).toString('hex')}`,
    `${plain}-${randomBytes(6).toString('hex')}`,
  ]
}
