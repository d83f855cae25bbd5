import {
  type DatabaseError,
  type FailedCall,
  codeOf,
  failedCallOf,
  isConnectionError,
  isDatabaseError,
  RowhouseError,
} from '@rowhouse/tenancy'

const longestStatement = 300

/**
 * Explains an error to the person who runs a command or starts a process, without a stack trace: what
 * was attempted, what the database answered, and what to do. It may contain values of rows, so it is
 * not for the log of requests.
 *
 * @param error - Any thrown value.
 * @returns One paragraph, or the message of an error that lists several problems.
 */
export function explainError(error: unknown): string {
  const causes = causesOf(error)
  const refusal = causes.find(isDatabaseError)
  const lost = causes.findLast(isConnectionError)
  if (refusal) return explainRefusal(causes, refusal)
  if (RowhouseError.is(error) && error !== lost) return error.message
  if (lost) return explainLostConnection(lost)
  return sentence(error instanceof Error ? error.message : String(error))
}

/** Whether only a stack trace tells more: neither we nor the database have reported the error. */
export const isUnexpected = (error: unknown): boolean =>
  !RowhouseError.is(error) &&
  !causesOf(error).some((cause) => isDatabaseError(cause) || isConnectionError(cause))

function causesOf(error: unknown): Error[] {
  const causes: Error[] = []
  for (let cause = error; cause instanceof Error; cause = cause.cause) causes.push(cause)
  return causes
}

function explainRefusal(causes: Error[], refusal: DatabaseError): string {
  const [error] = causes
  const call = failedCallOf(refusal)
  const file = textIn(causes, 'file')
  const statement = textIn(causes, 'statement') ?? call?.statement
  const attempted = [
    file,
    statement && `the statement "${oneLine(withoutComments(statement))}"`,
  ].filter(Boolean)
  return [
    // an error with the statement says only what follows
    RowhouseError.is(error) && !textIn([error], 'statement') ? sentence(error.message) : '',
    attempted.length > 0 ? `Attempted: ${attempted.join(', ')}.` : '',
    `PostgreSQL${call ? ` (${describe(call)})` : ''} answered: ${sentence(refusal.message)}`,
    `SQLSTATE ${refusal.code}.`,
    refusal.where ? `Where: ${sentence(refusal.where)}` : '',
    refusal.detail ? `Detail: ${sentence(refusal.detail)}` : '',
    // whole: it may be the statement to run
    refusal.hint
      ? `Hint: ${refusal.hint}`
      : (advice[refusal.code]?.(call?.user ?? 'this role') ?? ''),
  ]
    .filter(Boolean)
    .join(' ')
}

function explainLostConnection(error: Error): string {
  const call = failedCallOf(error)
  // an attempt at several addresses has no message
  const why = error.message || codeOf(error) || error.name
  const target = call ? describe(call) : 'the database'
  return `Cannot reach ${target}: ${oneLine(why)}. Check that the server runs and that the URL is right.`
}

/** What to do about a SQLSTATE, for the role that ran the statement. */
const advice: Record<string, (user: string) => string> = {
  // PgBouncer's answer to a login whose password it does not know
  '08P01': (user) =>
    `If this is a pooler, check that it can look up the password of ${user} (PgBouncer: \`auth_query\`), and that the URL has the same one.`,
  '28000': (user) => `Check that ${user} may log in, and that the URL has the right name.`,
  '28P01': () =>
    'Check the user name and the password in the URL; `setup` sets the passwords of the login roles.',
  '3D000': () => 'Run `setup`, which creates the database, or correct its name in the URL.',
  '42501': (user) =>
    `Grant ${user} the right that PostgreSQL names, or run this as a role that has it.`,
  '42P01': () => 'Run `setup`, which creates what is missing.',
}

const describe = ({ host, port, database, user }: FailedCall) =>
  `${host}:${port}, database ${database}, user ${user}`

/** The first text of that name among the errors: some carry the file and the statement. */
function textIn(causes: Error[], name: 'file' | 'statement'): string | undefined {
  for (const cause of causes) {
    // errors of PostgreSQL have a field `file`, which names one of the server's own sources
    const value = name === 'file' && isDatabaseError(cause) ? undefined : Reflect.get(cause, name)
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

const withoutComments = (sql: string) => sql.replaceAll(/^\s*--.*$/gm, '')

const oneLine = (text: string) => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > longestStatement ? `${line.slice(0, longestStatement)} …` : line
}

const sentence = (text: string) => {
  const line = oneLine(text)
  return /[.!?…]$/.test(line) ? line : `${line}.`
}
