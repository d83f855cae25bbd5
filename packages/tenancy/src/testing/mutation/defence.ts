import { resolve } from 'node:path'
import type { Plugin } from 'vite'

/**
 * A defence, and how to remove it: with SQL in the template database, run as the administrator, or by
 * a change of the source text when tests load it. Paths start at the root of the repository.
 */
export type Defence = {
  name: string
  tests: string[]
  /** Whether `npm test` includes it. */
  quick?: boolean
  /** True if it changes a role, which all databases share, so that no other mutation runs meanwhile. */
  alone?: boolean
} & ({ sql: string } | { file: string; find: string; put: string })

/** Marks the error of a mutation that could not be applied, in the report of vitest. */
export const notApplied = 'mutation not applied'

/** Returns the defence that this test run removes, which MUTATION names; undefined if there is none. */
export const removedDefence = (defences: readonly Defence[]): Defence | undefined =>
  defences.find(({ name }) => name === process.env.MUTATION)

/**
 * Returns the SQL that removes this run's defence.
 * @param defences - All defences.
 * @returns The SQL; empty in an ordinary run.
 */
export function mutatingSql(defences: readonly Defence[]): string {
  const defence = removedDefence(defences)
  return defence && 'sql' in defence ? defence.sql : ''
}

/**
 * Replaces a part of a function's body. The SQL fails if the function does not contain it.
 * @param signature - The function, with the types of its parameters.
 * @param find - The part.
 * @param put - Its replacement.
 * @returns The SQL.
 */
export const rewriteFunction = (signature: string, find: string, put: string) => `
do $mutation$
declare
  body constant text := pg_get_functiondef('${signature}'::regprocedure);
begin
  if position($part$${find}$part$ in body) = 0 then raise exception '${signature} does not contain the text to replace'; end if;
  execute replace(body, $part$${find}$part$, $part$${put}$part$);
end
$mutation$;`

/**
 * Creates a Vite plugin that removes this run's defence from the source text when tests load it. It
 * fails if the file does not contain the text to replace.
 * @param defences - All defences.
 * @param root - The root of the repository, where the paths of defences start.
 * @returns The plugin.
 */
export function mutationPlugin(defences: readonly Defence[], root: string): Plugin {
  const defence = removedDefence(defences)
  return {
    name: 'rowhouse:mutation',
    enforce: 'pre',
    transform(code, id) {
      if (!defence || !('file' in defence) || id !== resolve(root, defence.file)) return undefined
      const place = anyLayout(defence.find)
      if (!place.test(code))
        throw new Error(`${notApplied}: ${defence.file} does not contain ${defence.find}`)
      return code.replace(place, () => defence.put)
    },
  }
}

/** Matches code regardless of how the formatter has broken it into lines. */
export function anyLayout(code: string): RegExp {
  const tokens = code.match(/\w+|[^\w\s]/g) ?? []
  const pattern = tokens.map((token) => {
    const literal = token.replace(/[.*+?^${}()|[\]\\]/, '\\$&')
    return /[)\]}]/.test(token) ? `,?\\s*${literal}` : literal
  })
  return new RegExp(pattern.join('\\s*'))
}
