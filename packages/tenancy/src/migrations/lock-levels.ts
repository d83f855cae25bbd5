/** PostgreSQL's table locks and what they block, weakest first, in PostgreSQL's numbering. */
export const lockLevels = {
  none: 'nothing',
  'access share': 'drop and rewrite only',
  'row share': 'drop and rewrite only',
  'row exclusive': 'other schema changes',
  'share update exclusive': 'other schema changes',
  share: 'writers',
  'share row exclusive': 'writers',
  exclusive: 'writers',
  'access exclusive': 'readers and writers',
} as const

export type Lock = keyof typeof lockLevels

/** What one statement, or one action of `alter table`, does to a table. */
export type Impact = {
  lock: Lock
  /** It writes a new copy of the table under the lock. */
  rewrites?: true
  /** It reads the whole table under the lock. */
  reads?: true
  /** Code of the previous release no longer works. */
  breaks?: true
  why?: string
  safer?: string
}

/** An impact on a table. Null if the statement names no table. */
export type TableImpact = Impact & { table: string | null }

/** The impact of a statement that the analysis does not know. */
export const unknownImpact: Impact = {
  lock: 'access exclusive',
  why: 'the analysis does not know what this locks',
  safer: 'try it on a copy of the largest target and look at pg_locks before it commits',
}

/** True if the impact blocks writers for a time that grows with the table. */
export const blocksWriters = ({ lock, rewrites, reads }: Impact): boolean =>
  Boolean(rewrites || reads) && strength(lock) >= strength('share')

/** Returns the worse of two impacts on a table, with the stronger of their locks. */
export function worse(a: Impact, b: Impact): Impact {
  const [less, more] = severity(a) > severity(b) ? [b, a] : [a, b]
  return strength(less.lock) > strength(more.lock) ? { ...more, lock: less.lock } : more
}

const strength = (lock: Lock) => Object.keys(lockLevels).indexOf(lock)

function severity({ lock, rewrites, reads, breaks }: Impact): number {
  let rank = strength(lock)
  if (breaks) rank += 50
  if (rewrites) return rank + 200
  return reads ? rank + 100 : rank
}
