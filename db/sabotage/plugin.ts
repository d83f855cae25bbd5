import { resolve } from 'node:path'
import type { Plugin } from 'vite'
import { defences } from '#db/sabotage/defences'

/**
 * The defence that this test run does without, by the name in SABOTAGE; undefined in every ordinary
 * run.
 */
export function takenAway() {
  const name = process.env.SABOTAGE
  if (!name) return undefined
  const found = defences.find((defence) => defence.name === name)
  if (!found) throw new Error(`SABOTAGE names no defence: ${name}`)
  return found
}

/**
 * Takes a defence out of the source text as the tests load it. Fails when the text is no longer
 * there to be taken.
 */
export function sabotage(): Plugin {
  const defence = takenAway()
  return {
    name: 'rowhouse:sabotage',
    enforce: 'pre',
    transform(code, id) {
      if (!defence || !('file' in defence) || id !== resolve(defence.file)) return undefined
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
