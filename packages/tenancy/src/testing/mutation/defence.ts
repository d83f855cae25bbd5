import { resolve } from 'node:path'
import type { Plugin } from 'vite'

/**
 * One defence and how it is taken away: by SQL, run as the administrator in the database that every
 * test file is copied from, or by a change of source text while the tests load it. Paths start at
 * the root of the repository. `alone`: it touches a role, which all databases share. `quick`: part
 * of `npm test`.
 */
export type Defence = { name: string; tests: string[]; quick?: boolean; alone?: boolean } & (
  { sql: string } | { file: string; find: string; put: string }
)

/** The defence that this test run does without, by its name in MUTATION; undefined otherwise. */
export const removedDefence = (defences: readonly Defence[]): Defence | undefined =>
  defences.find(({ name }) => name === process.env.MUTATION)

/** The SQL that takes this run's defence away; empty in an ordinary run. */
export function mutatingSql(defences: readonly Defence[]): string {
  const defence = removedDefence(defences)
  return defence && 'sql' in defence ? defence.sql : ''
}

/**
 * Replaces one piece of the body of a function in schema `tenancy`. Fails when it is not there.
 * @returns SQL.
 */
export const rewriteFunction = (signature: string, find: string, put: string) => `
do $mutation$
declare
  body constant text := pg_get_functiondef('${signature}'::regprocedure);
begin
  if position($piece$${find}$piece$ in body) = 0 then raise exception 'this piece is not in ${signature}'; end if;
  execute replace(body, $piece$${find}$piece$, $piece$${put}$piece$);
end
$mutation$;`

/**
 * A Vite plugin that takes a defence out of the source text as the tests load it. Fails when the
 * text is no longer there to be taken.
 * @param root - The root of the repository, where the paths of defences start.
 */
export function mutationPlugin(defences: readonly Defence[], root: string): Plugin {
  const defence = removedDefence(defences)
  return {
    name: 'rowhouse:mutation',
    enforce: 'pre',
    transform(code, id) {
      if (!defence || !('file' in defence) || id !== resolve(root, defence.file)) return undefined
      const place = anyLayout(defence.find)
      if (!place.test(code)) throw new Error(`${defence.file} no longer holds: ${defence.find}`)
      return code.replace(place, () => defence.put)
    },
  }
}

/** Matches the same code however the formatter has broken it into lines. */
export function anyLayout(code: string): RegExp {
  const tokens = code.match(/\w+|[^\w\s]/g) ?? []
  const pattern = tokens.map((token) => {
    const literal = token.replace(/[.*+?^${}()|[\]\\]/, '\\$&')
    return /[)\]}]/.test(token) ? `,?\\s*${literal}` : literal
  })
  return new RegExp(pattern.join('\\s*'))
}
