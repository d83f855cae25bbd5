import {
  actions,
  statementLocks,
  statements,
  unknownImpact,
  type Impact,
  type Lock,
} from '#tenancy/migrations/statement-locks'
import { bareName, plain, splitAtCommas } from '#tenancy/migrations/sql-text'

/** What a statement does to one table, or to none that it names. */
export type TableImpact = Impact & { table: string | null }

/**
 * What a statement of a migration does: one entry for each table that it locks, the strongest lock
 * where it does several things. Known are the statements that migrations are made of; anything else
 * counts as the worst.
 */
export function analyzeLocks(statement: string): TableImpact[] {
  const text = plain(statement)
  const alter = /^alter table (?:if exists )?(?:only )?(\S+) (.*)$/i.exec(text)
  if (alter) {
    const [, name = '', rest = ''] = alter
    const parts = splitAtCommas(rest)
    const own = parts
      .map((part) => actions.find(([pattern]) => pattern.test(part))?.[1] ?? unknownImpact)
      .reduce(worse)
    return [
      { ...own, table: bareName(name) },
      ...parts.flatMap((part) =>
        referenced(part, 'share row exclusive', /\bnot valid$/i.test(part)),
      ),
    ]
  }
  const create = /^create table (?:if not exists )?(\S+)/i.exec(text)
  if (create)
    return [
      { lock: 'none', table: bareName(create[1] ?? '') },
      ...referenced(text, 'share row exclusive', true),
    ]
  for (const [pattern, effect] of statements) {
    const found = pattern.exec(text)
    if (found)
      return [
        {
          ...effect,
          table: effect.lock !== 'none' && found[1] ? bareName(found[1].replace(/\(.*/, '')) : null,
        },
      ]
  }
  return [{ ...unknownImpact, table: null }]
}

/** True when others have to wait for as long as this takes, and that grows with the table. */
export const blocks = ({ lock, rewrites, reads }: Impact): boolean =>
  Boolean(rewrites || reads) && strength(lock) >= strength('share')

const strength = (lock: Lock) => Object.keys(statementLocks).indexOf(lock)

function worse(a: Impact, b: Impact): Impact {
  const rank = (effect: Impact) =>
    (effect.rewrites ? 200 : effect.reads ? 100 : 0) +
    (effect.breaks ? 50 : 0) +
    strength(effect.lock)
  const [less, more] = rank(a) > rank(b) ? [b, a] : [a, b]
  return strength(less.lock) > strength(more.lock) ? { ...more, lock: less.lock } : more
}

/** A foreign key keeps writers out of the table that it points to as well. */
function referenced(part: string, lock: Lock, brief: boolean): TableImpact[] {
  return [...part.matchAll(/\breferences ("[^"]+"(?:\."[^"]+")?|[\w.]+)/gi)].map(
    ([, name = '']) => ({
      lock,
      table: bareName(name),
      ...(brief ? {} : { reads: true as const, why: 'every row is looked up in it' }),
    }),
  )
}
