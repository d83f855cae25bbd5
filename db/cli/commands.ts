import type { ParseArgsConfig } from 'node:util'

/** What a command is given: its options and the words that are no options. */
export type Given = { values: Record<string, string | boolean | undefined>; positionals: string[] }
/** What a command gives back: a text for people, a document for `--json`, and whether it failed. */
export type Outcome = { text?: string; json: unknown; failed?: boolean }
export type Run = (given: Given) => Promise<Outcome>

type Command = {
  words: string[]
  usage: string
  about: string
  options?: NonNullable<ParseArgsConfig['options']>
  load: () => Promise<{ run: Run }>
}

export const commands: Command[] = [
  { words: ['setup'], usage: 'setup', about: 'make or update roles, databases, functions and migrations', load: () => import('#db/cli/setup') },
  {
    words: ['seed'], usage: 'seed --demo', about: 'add the demo tenants, people and orders',
    options: { demo: { type: 'boolean' } }, load: () => import('#db/cli/seed'),
  },
]
