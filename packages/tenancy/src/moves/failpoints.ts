/**
 * The instants at which a worker may be killed in a test: in which moves each comes, and what is
 * done for good by then.
 */
export const failpoints = {
  started: 'any',
  'target created': 'any',
  'capture armed': 'any',
  'in a chunk': 'any',
  'chunk committed': 'any',
  copied: 'any',
  indexed: 'any',
  'in a pass': 'any',
  'pass applied': 'between databases',
  'caught up': 'any',
  rehearsed: 'any',
  compared: 'any',
  'fence taken': 'any',
  drained: 'any',
  'in the switch': 'same database',
  'source fenced': 'between databases',
  'target opened': 'between databases',
  'registry switched': 'between databases',
  switched: 'any',
  'in the clean-up': 'any',
  'source removed': 'any',
  'target closed': 'abort',
  'registry switched back': 'abort',
} as const satisfies Record<string, 'any' | 'same database' | 'between databases' | 'abort'>

export type Failpoint = keyof typeof failpoints

const [how, name] =
  process.env.NODE_ENV === 'production' ? [] : (process.env.ROWHOUSE_FAILPOINT ?? '').split(':')
let reached = false

/**
 * Marks an instant. Does nothing, unless a test asks by ROWHOUSE_FAILPOINT: `say` prints each,
 * `kill:NAME` ends the process there without a word, `stop:NAME` prints it and freezes the process
 * until somebody sends SIGCONT.
 */
export async function failpoint(here: Failpoint): Promise<void> {
  if (how === 'say') console.log(`failpoint: ${here}`)
  if (reached || name !== here) return
  reached = true
  if (how === 'kill') process.kill(process.pid, 'SIGKILL')
  if (how === 'stop') {
    await new Promise((resolve) => process.stdout.write(`failpoint: ${here}\n`, resolve))
    process.kill(process.pid, 'SIGSTOP')
  }
  // a signal to oneself arrives a little later
  await new Promise((resolve) => setTimeout(resolve, 50))
}
