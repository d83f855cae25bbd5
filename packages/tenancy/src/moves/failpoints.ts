/**
 * The points at which a test can kill or freeze a worker, in order. The value is the kind of move
 * that reaches the point.
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

const [action, name] =
  process.env.NODE_ENV === 'production' ? [] : (process.env.ROWHOUSE_FAILPOINT ?? '').split(':')
let isReached = false

/**
 * Marks a failpoint. Does nothing, unless a test has set ROWHOUSE_FAILPOINT: `say` prints every
 * failpoint, `kill:NAME` kills the process with SIGKILL at that one, and `stop:NAME` prints it and
 * freezes the process until it receives SIGCONT.
 * @param here - The name of the failpoint.
 */
export async function failpoint(here: Failpoint): Promise<void> {
  if (action === 'say') console.log(`failpoint: ${here}`)
  if (isReached || name !== here) return
  isReached = true
  if (action === 'kill') process.kill(process.pid, 'SIGKILL')
  if (action === 'stop') {
    await new Promise((resolve) => process.stdout.write(`failpoint: ${here}\n`, resolve))
    process.kill(process.pid, 'SIGSTOP')
  }
  // a signal to this process is not delivered at once
  await new Promise((resolve) => setTimeout(resolve, 50))
}
